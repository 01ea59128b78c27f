package org.plumbline.kernel.chain;

/** Counts the work of a chain. Confined to the workbench's thread. */
public final class Ledger {
    private long forward;
    private long backward;
    private long rowsForward;
    private long rowsBackward;
    private long rewardEvaluations;

    private boolean countsEvaluations = true;

    /** Off while rows of a batch are sampled one by one, of which only the first counts as an evaluation per sample. */
    void countsEvaluations(boolean counts) {
        countsEvaluations = counts;
    }

    void forward(int networkRows) {
        forward += countsEvaluations ? 1 : 0;
        rowsForward += networkRows;
    }

    void backward(int networkRows) {
        backward += countsEvaluations ? 1 : 0;
        rowsBackward += networkRows;
    }

    void reward(int rows) {
        rewardEvaluations += rows;
    }

    /** The work done so far. */
    public Work reading() {
        return new Work(forward, backward, rowsForward, rowsBackward, rewardEvaluations);
    }

    /**
     * An amount of work.
     *
     * @param nfeForward evaluations of the denoiser per sample, replays included
     * @param nfeBackward vector-Jacobian products of the denoiser per sample
     * @param rowsForward rows that the network computed forward; guidance doubles them
     * @param rowsBackward rows that the network computed backward
     * @param rewardEvaluations rewards computed, one per sample
     */
    public record Work(long nfeForward, long nfeBackward, long rowsForward, long rowsBackward, long rewardEvaluations) {
        /** The work since an earlier reading. */
        public Work since(Work earlier) {
            return new Work(
                    nfeForward - earlier.nfeForward,
                    nfeBackward - earlier.nfeBackward,
                    rowsForward - earlier.rowsForward,
                    rowsBackward - earlier.rowsBackward,
                    rewardEvaluations - earlier.rewardEvaluations);
        }
    }
}
