package org.plumbline.toolkit.sampler;

/**
 * Which of the N training steps a sampler with K steps visits, in descending order, by diffusers' rules for DDIM, DDPM
 * and PNDM.
 */
public enum TimestepSpacing {
    /** floor(N / K) i + offset. */
    LEADING,
    /** round(N - i N / K) - 1: ends at the noisiest training step. */
    TRAILING,
    /** K points from 0 to N - 1, both ends included, rounded half to even. */
    LINSPACE;

    /**
     * The training steps in the order of sampling.
     *
     * @param trainSteps N
     * @param steps K, in [1, N]
     * @param offset added to every step of {@link #LEADING}; the others have none
     */
    public int[] timesteps(int trainSteps, int steps, int offset) {
        int[] result = new int[steps];
        for (int i = 0; i < steps; i++) {
            result[i] = switch (this) {
                case LEADING -> trainSteps / steps * (steps - 1 - i) + offset;
                case TRAILING -> (int) Math.rint(trainSteps - i * ((double) trainSteps / steps)) - 1;
                case LINSPACE ->
                    steps == 1 ? 0 : (int) Math.rint((trainSteps - 1) * ((double) (steps - 1 - i) / (steps - 1)));
            };
        }
        return result;
    }
}
