package org.plumbline.kernel.chain;

/**
 * How much of a trajectory is kept for its backward sweep. Every policy gives the same gradient bit for bit; they trade
 * latents in memory for network calls.
 *
 * @param kind what is kept
 * @param snapshots for {@link Kind#BINOMIAL}, how many states are kept at a time, the initial one included
 */
public record RecordingPolicy(Kind kind, int snapshots) {
    /** Everything is kept: no call is made twice but for the replay of its own backward pass. */
    public static final RecordingPolicy FULL = new RecordingPolicy(Kind.FULL, 0);

    public RecordingPolicy {
        if (kind == Kind.BINOMIAL && snapshots < 1) {
            throw new IllegalArgumentException("binomial recording needs at least 1 snapshot, not " + snapshots);
        }
    }

    /** What is kept. */
    public enum Kind {
        /** Every state, input and prediction: 2 to 3 latents per call, no call more. */
        FULL,
        /** Every ceil(sqrt(K))-th state and one segment between two of them: K calls more. */
        SQRT,
        /**
         * A fixed number of states, placed so that the calls made again are fewest (Griewank and Walther: Algorithm 799,
         * Revolve. ACM TOMS 2000).
         */
        BINOMIAL
    }
}
