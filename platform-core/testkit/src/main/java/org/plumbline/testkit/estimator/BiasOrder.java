package org.plumbline.testkit.estimator;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.plumbline.spi.estimator.GradientEstimator;

/**
 * A claim about how the bias of an estimator vanishes: O(size^order), where size is a step of a solver, a perturbation, or
 * whatever its documentation names. A bias that vanishes faster keeps the claim.
 *
 * <pre>{@code
 * BiasOrder.of("step of the solver", 2)
 *         .level(1.0 / 8, 8, new MyEstimator(8))
 *         .level(1.0 / 16, 16, new MyEstimator(16))
 *         .level(1.0 / 32, 32, new MyEstimator(32));
 * }</pre>
 *
 * @param parameter what size is, for messages
 * @param order the claimed exponent
 * @param tolerance by how much the measured exponent may fall short
 * @param problem name of the built-in problem on which the bias is measured
 * @param replicas batches per level
 * @param levels at least two, in any order
 */
public record BiasOrder(
        String parameter, double order, double tolerance, String problem, int replicas, List<Level> levels) {
    /**
     * One configuration.
     *
     * @param size of the parameter
     * @param calls of the problem's sampler, from which an estimator may derive its own program
     * @param estimator in this configuration; the contract closes it
     */
    public record Level(double size, int calls, GradientEstimator estimator) {}

    public BiasOrder {
        levels = List.copyOf(levels);
    }

    /** A claim without levels yet; measured on the network with time and prompt, exponent at most 0.3 below. */
    public static BiasOrder of(String parameter, double order) {
        return new BiasOrder(parameter, order, 0.3, "conditioned-mlp", 20, List.of());
    }

    /** The same claim measured on another built-in problem. */
    public BiasOrder on(String other) {
        return new BiasOrder(parameter, order, tolerance, other, replicas, levels);
    }

    /** The same claim with another tolerance of the exponent. */
    public BiasOrder within(double other) {
        return new BiasOrder(parameter, order, other, problem, replicas, levels);
    }

    /** The same claim measured on so many batches per level. */
    public BiasOrder replicas(int count) {
        return new BiasOrder(parameter, order, tolerance, problem, count, levels);
    }

    /** The same claim with one more level. */
    public BiasOrder level(double size, int calls, GradientEstimator estimator) {
        List<Level> more = new ArrayList<>(levels);
        more.add(new Level(size, calls, estimator));
        return new BiasOrder(parameter, order, tolerance, problem, replicas, more);
    }

    /** The exponent that fits best: the slope of ln bias over ln size. */
    double exponent(double[] biases) {
        double meanX = 0;
        double meanY = 0;
        for (int i = 0; i < biases.length; i++) {
            meanX += Math.log(levels.get(i).size()) / biases.length;
            meanY += Math.log(biases[i]) / biases.length;
        }
        double product = 0;
        double square = 0;
        for (int i = 0; i < biases.length; i++) {
            double x = Math.log(levels.get(i).size()) - meanX;
            product += x * (Math.log(biases[i]) - meanY);
            square += x * x;
        }
        return product / square;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "bias of order %.2g in the %s", order, parameter);
    }
}
