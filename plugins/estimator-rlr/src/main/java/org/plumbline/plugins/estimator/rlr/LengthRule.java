package org.plumbline.plugins.estimator.rlr;

/**
 * The length of the sub-chain from a memory budget, equation 8 of the paper:
 *
 * <pre>
 *   h = min { floor((B - B_z (T - 1)) / (B_h - B_z)),  floor(T V_z / (2 (V_z - V_h)) - 1) }
 * </pre>
 *
 * <p>The first term is the longest sub-chain that fits, B_h h + B_z (T - 1 - h) <= B; it asks for B_h > B_z. The second
 * minimises the bound on the variance of the sum and asks for V_h < V_z; without, it does not bind. The paper writes
 * V_h^2 for a variance, so V is a standard deviation. h is at least 1 and at most T - 1.
 *
 * <p>The rule is about graphs that are stored for all steps of the sub-chain at once. Where steps are replayed one by one,
 * as here, a half-order step costs one latent whatever h, and the rule says what a machine with stored graphs could do.
 *
 * @param budget B, MiB
 * @param halfOrderCost B_h, MiB per half-order step
 * @param zerothOrderCost B_z, MiB per zeroth-order step
 * @param halfOrderDeviation V_h, of the estimate of one half-order step; NaN if unknown
 * @param zerothOrderDeviation V_z; NaN if unknown
 */
record LengthRule(
        double budget,
        double halfOrderCost,
        double zerothOrderCost,
        double halfOrderDeviation,
        double zerothOrderDeviation) {
    /** True if a half-order step costs more than a zeroth-order one; otherwise any length fits and nothing follows. */
    boolean applies() {
        return halfOrderCost > zerothOrderCost && zerothOrderCost >= 0;
    }

    /** True if a sub-chain of one step fits. */
    boolean fits(int steps) {
        return longest(steps) >= 1;
    }

    /** h for a chain of T steps. */
    int length(int steps) {
        double length = longest(steps);
        if (zerothOrderDeviation > halfOrderDeviation) {
            length = Math.min(
                    length,
                    Math.floor(steps * zerothOrderDeviation / (2 * (zerothOrderDeviation - halfOrderDeviation)) - 1));
        }
        return (int) Math.max(1, Math.min(length, steps - 1.0));
    }

    private double longest(int steps) {
        return Math.floor((budget - zerothOrderCost * (steps - 1)) / (halfOrderCost - zerothOrderCost));
    }
}
