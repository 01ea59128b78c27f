package org.plumbline.spi.sampler;

/**
 * One network call of a sampler program and the linear update that follows it. The arrays belong to the record and must
 * not be changed.
 *
 * @param at where the network is evaluated
 * @param inputScale c
 * @param inputWeights w, one per register
 * @param transition A, R rows of R
 * @param ofOutput b, weight of the transformed output m in each register
 * @param ofRaw r, weight of the untransformed output h in each register
 * @param noise s, standard deviation of the noise that enters the first register; 0 for none
 */
public record SamplerCall(
        TimePoint at,
        double inputScale,
        double[] inputWeights,
        double[][] transition,
        double[] ofOutput,
        double[] ofRaw,
        double noise) {
    /** A call of a sampler with one register: x' = a x + b m + r h + s z, with u = x. */
    public static SamplerCall single(TimePoint at, double a, double b, double r, double s) {
        return new SamplerCall(at, 1, new double[] {1}, new double[][] {{a}}, new double[] {b}, new double[] {r}, s);
    }

    /** True if noise enters, so that the state after this call may be treated as an observation (a cut). */
    public boolean stochastic() {
        return noise > 0;
    }

    /**
     * True if the network sees the state register alone, so that its input is {@link #stateScale} times y_1. So it is in
     * most samplers; the others mix earlier outputs into the input.
     */
    public boolean readsStateOnly() {
        for (int j = 1; j < inputWeights.length; j++) {
            if (inputWeights[j] != 0) {
                return false;
            }
        }
        return stateScale() != 0;
    }

    /** c w_1, how the state register enters the network's input. */
    public double stateScale() {
        return inputScale * inputWeights[0];
    }
}
