package org.plumbline.kernel.record;

/**
 * What some computation took.
 *
 * @param nfeForward forward evaluations of the denoiser per sample; the forward half of every replayed step included
 * @param nfeBackward vector-Jacobian products of the denoiser per sample
 * @param rowsForward network rows evaluated forward, over all samples; guidance doubles them
 * @param rowsBackward network rows pulled back, over all samples
 * @param rewardEvaluations images scored
 * @param seconds wall time
 * @param peakBytes largest memory in use above the model and the trained parameters; 0 if it was not measured
 */
public record Cost(
        double nfeForward,
        double nfeBackward,
        long rowsForward,
        long rowsBackward,
        long rewardEvaluations,
        double seconds,
        long peakBytes) {
    /** How many forward evaluations one vector-Jacobian product counts for in {@link #nfe}. */
    public static final double BACKWARD_WEIGHT = 2;

    /** No cost. */
    public static final Cost NONE = new Cost(0, 0, 0, 0, 0, 0, 0);

    /** Evaluations per sample in units of one forward evaluation: forward + {@value #BACKWARD_WEIGHT} backward. */
    public double nfe() {
        return nfeForward + BACKWARD_WEIGHT * nfeBackward;
    }

    /** Both, one after the other: counts and times add, of the peaks the larger remains. */
    public Cost plus(Cost next) {
        return new Cost(
                nfeForward + next.nfeForward,
                nfeBackward + next.nfeBackward,
                rowsForward + next.rowsForward,
                rowsBackward + next.rowsBackward,
                rewardEvaluations + next.rewardEvaluations,
                seconds + next.seconds,
                Math.max(peakBytes, next.peakBytes));
    }
}
