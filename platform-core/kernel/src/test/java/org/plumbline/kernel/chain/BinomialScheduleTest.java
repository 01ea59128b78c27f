package org.plumbline.kernel.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import org.junit.jupiter.api.Test;

class BinomialScheduleTest {
    /** No way at all to reverse a chain with so many snapshots makes fewer calls. */
    @Test
    void noOtherWayIsCheaper() {
        for (int n = 1; n <= 9; n++) {
            for (int slots = 1; slots <= 4; slots++) {
                int cheapest = cheapest(n, slots);
                assertEquals(
                        cheapest, new BinomialSchedule(n, slots).cost(n, slots - 1), n + " calls, " + slots + " slots");
            }
        }
    }

    /** With c snapshots and r so that binomial(c + r - 1, c) < n <= binomial(c + r, c): r n - binomial(c + r, c + 1). */
    @Test
    void costsWhatGriewankProved() {
        for (int slots = 1; slots <= 6; slots++) {
            BinomialSchedule schedule = new BinomialSchedule(120, slots);
            for (int n = 1; n <= 120; n++) {
                int r = 0;
                while (binomial(slots + r, slots) < n) {
                    r++;
                }
                assertEquals(
                        (long) r * n - binomial(slots + r, slots + 1),
                        schedule.cost(n, slots - 1),
                        n + " calls, " + slots + " snapshots");
            }
        }
    }

    @Test
    void noCallIsMadeAheadMoreOftenThanTheBoundSays() {
        for (int slots = 1; slots <= 5; slots++) {
            for (int r = 1; r <= 4; r++) {
                int n = Math.toIntExact(binomial(slots + r, slots));
                int[] ahead = new int[n];
                reverse(new BinomialSchedule(n, slots), 0, n, slots - 1, ahead);
                long sum = 0;
                for (int k = 0; k < n; k++) {
                    assertTrue(ahead[k] <= r, "call " + k + " of " + n + " with " + slots + " snapshots: " + ahead[k]);
                    sum += ahead[k];
                }
                assertEquals(new BinomialSchedule(n, slots).cost(n, slots - 1), sum);
            }
        }
    }

    @Test
    void withASnapshotPerCallEveryCallIsMadeAheadOnce() {
        for (int n = 1; n <= 40; n++) {
            assertEquals(n - 1, new BinomialSchedule(n, n).cost(n, n - 1));
            assertEquals(n - 1, new BinomialSchedule(n, 3 * n).cost(n, 3 * n - 1));
        }
    }

    /** Follows the splits: {@code ahead[k]} counts how often call k is made without being reversed. */
    private static void reverse(BinomialSchedule schedule, int from, int n, int free, int[] ahead) {
        if (n == 1) {
            return;
        }
        if (free == 0) {
            for (int target = n - 1; target > 0; target--) {
                for (int k = 0; k < target; k++) {
                    ahead[from + k]++;
                }
            }
            return;
        }
        int m = schedule.split(n, free);
        for (int k = 0; k < m; k++) {
            ahead[from + k]++;
        }
        reverse(schedule, from + m, n - m, free - 1, ahead);
        reverse(schedule, from, m, free, ahead);
    }

    private static long binomial(int n, int k) {
        long value = 1;
        for (int i = 1; i <= k; i++) {
            value = value * (n - k + i) / i;
        }
        return k > n ? 0 : value;
    }

    /**
     * A position in the search for the cheapest way.
     *
     * @param left how many calls are not reversed yet; the next one is call left - 1
     * @param kept bit i is set if the state before call i is kept
     * @param at the state at hand
     */
    private record Position(int left, int kept, int at) {}

    /** Shortest path over all orders of stepping ahead, keeping, dropping and going back to what is kept. */
    private static int cheapest(int n, int slots) {
        Map<Position, Integer> best = new HashMap<>();
        PriorityQueue<Map.Entry<Position, Integer>> queue =
                new PriorityQueue<>(Comparator.comparingInt(Map.Entry<Position, Integer>::getValue));
        offer(best, queue, new Position(n, 1, 0), 0);
        while (true) {
            Map.Entry<Position, Integer> next = queue.remove();
            Position here = next.getKey();
            int cost = next.getValue();
            if (best.get(here) < cost) {
                continue;
            }
            if (here.left == 0) {
                return cost;
            }
            if (here.at == here.left - 1) {
                // Reversing itself is the same work whatever the way.
                offer(best, queue, new Position(here.left - 1, here.kept, 0), cost);
            }
            if (here.at < here.left - 1) {
                offer(best, queue, new Position(here.left, here.kept, here.at + 1), cost + 1);
            }
            for (int i = 0; i < here.left; i++) {
                if (((here.kept >> i) & 1) == 1) {
                    offer(best, queue, new Position(here.left, here.kept, i), cost);
                    offer(best, queue, new Position(here.left, (here.kept & ~(1 << i)) | 1, here.at), cost);
                }
            }
            if (Integer.bitCount(here.kept) < slots) {
                offer(best, queue, new Position(here.left, here.kept | (1 << here.at), here.at), cost);
            }
        }
    }

    private static void offer(
            Map<Position, Integer> best,
            PriorityQueue<Map.Entry<Position, Integer>> queue,
            Position position,
            int cost) {
        if (best.getOrDefault(position, Integer.MAX_VALUE) > cost) {
            best.put(position, cost);
            queue.add(Map.entry(position, cost));
        }
    }
}
