package org.plumbline.kernel.chain;

/**
 * Where to place snapshots so that reversing a chain makes the fewest calls again.
 *
 * <p>With a snapshot before the first of n calls and f more slots, one goes m calls ahead, takes a snapshot, reverses what
 * is behind it with one slot less, frees it, and reverses the m calls before it:
 *
 * <pre>
 *   cost(n, f) = min over m of m + cost(n - m, f - 1) + cost(m, f),   cost(1, f) = 0,   cost(n, 0) = n (n - 1) / 2
 * </pre>
 *
 * <p>The minimum is the binomial one: with c slots in all and every call made at most r times ahead, chains of up to
 * binomial(c + r, c) calls can be reversed.
 */
final class BinomialSchedule {
    private final long[][] costs;
    private final int[][] splits;

    /**
     * @param calls longest chain that is asked for
     * @param slots snapshots kept at a time, the one at the beginning included
     */
    BinomialSchedule(int calls, int slots) {
        int free = Math.min(slots - 1, calls);
        costs = new long[free + 1][calls + 1];
        splits = new int[free + 1][calls + 1];
        for (int n = 1; n <= calls; n++) {
            costs[0][n] = (long) n * (n - 1) / 2;
            splits[0][n] = n - 1;
        }
        for (int f = 1; f <= free; f++) {
            for (int n = 2; n <= calls; n++) {
                costs[f][n] = Long.MAX_VALUE;
                for (int m = 1; m < n; m++) {
                    long cost = m + costs[f - 1][n - m] + costs[f][m];
                    if (cost < costs[f][n]) {
                        costs[f][n] = cost;
                        splits[f][n] = m;
                    }
                }
            }
        }
    }

    /** How many calls ahead the next snapshot is placed, 1 to n - 1, for n at least 2. */
    int split(int n, int free) {
        return splits[Math.min(free, splits.length - 1)][n];
    }

    /** Calls made ahead while n calls are reversed. */
    long cost(int n, int free) {
        return costs[Math.min(free, costs.length - 1)][n];
    }
}
