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

    /**
     * Training steps as real numbers, for samplers that count in noise levels: as {@link #timesteps}, but without rounding
     * {@link #LINSPACE}.
     *
     * @param steps K, in [1, N]
     */
    public double[] positions(int trainSteps, int steps, int offset) {
        double[] result = new double[steps];
        for (int i = 0; i < steps; i++) {
            result[i] = this == LINSPACE
                    ? steps == 1 ? 0 : (trainSteps - 1) * ((double) (steps - 1 - i) / (steps - 1))
                    : timesteps(trainSteps, steps, offset)[i];
        }
        return result;
    }

    /**
     * The training steps of multistep solvers, which take K + 1 points and stop before the last.
     *
     * @param last how many of the training steps are used, N for all
     * @param steps K, in [1, N - 1]
     */
    public int[] solverTimesteps(int trainSteps, int last, int steps, int offset) {
        if (this == TRAILING) {
            double ratio = (double) trainSteps / steps;
            int[] result = new int[(int) Math.ceil(last / ratio)];
            for (int i = 0; i < result.length; i++) {
                result[i] = (int) Math.rint(last - i * ratio) - 1;
            }
            return result;
        }
        int[] result = new int[steps];
        for (int i = 0; i < steps; i++) {
            int rank = steps - i;
            result[i] = this == LEADING
                    ? last / (steps + 1) * rank + offset
                    : (int) Math.rint((last - 1) * ((double) rank / steps));
        }
        return result;
    }
}
