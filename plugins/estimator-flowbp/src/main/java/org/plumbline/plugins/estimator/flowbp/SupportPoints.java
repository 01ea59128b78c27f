package org.plumbline.plugins.estimator.flowbp;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * Draws the calls through which a surrogate goes.
 *
 * @param random where the draws come from
 */
record SupportPoints(RandomGenerator random) {
    /** Two calls k &lt; j of a chain. */
    record Pair(int k, int j) {}

    /** Uniform over all pairs. */
    Pair pair(int calls) {
        int one = random.nextInt(calls);
        int other = random.nextInt(calls - 1);
        if (other >= one) {
            other++;
        }
        return new Pair(Math.min(one, other), Math.max(one, other));
    }

    /**
     * Some of the calls {@code from} to {@code to - 1}, drawn one after the other without replacement with weights
     * (k - from + 1)^bias.
     *
     * @param bias 0 for all alike; the larger, the later
     */
    BitSet lateBiased(int from, int to, int count, double bias) {
        List<Integer> left = new ArrayList<>();
        for (int k = from; k < to; k++) {
            left.add(k);
        }
        BitSet drawn = new BitSet();
        while (drawn.cardinality() < count) {
            double total =
                    left.stream().mapToDouble(k -> Math.pow(k - from + 1, bias)).sum();
            double point = random.nextDouble() * total;
            int place = 0;
            for (; place < left.size() - 1; place++) {
                point -= Math.pow(left.get(place) - from + 1, bias);
                if (point < 0) {
                    break;
                }
            }
            drawn.set(left.remove(place));
        }
        return drawn;
    }

    /**
     * By how much the gradients of the drawn calls are raised for those that were not drawn: 1 + rescale (all / drawn - 1),
     * where calls count by |weight of their prediction in x_0 along the linear path|. On an Euler step of flow matching
     * that weight is the step's length.
     *
     * @param rescale 0 for not at all, 1 in full
     */
    static double raised(SamplerProgram program, BitSet drawn, double rescale) {
        double all = 0;
        double ofDrawn = 0;
        double[] row = program.output();
        for (int k = program.size() - 1; k >= 0; k--) {
            SamplerCall call = program.calls().get(k);
            double weight = 0;
            double[] before = new double[row.length];
            for (int i = 0; i < row.length; i++) {
                weight += row[i] * (call.ofOutput()[i] + call.ofRaw()[i]);
                for (int j = 0; j < row.length; j++) {
                    before[j] += row[i] * call.transition()[i][j];
                }
            }
            all += Math.abs(weight);
            ofDrawn += drawn.get(k) ? Math.abs(weight) : 0;
            row = before;
        }
        return ofDrawn > 0 ? 1 + rescale * (all / ofDrawn - 1) : 1;
    }
}
