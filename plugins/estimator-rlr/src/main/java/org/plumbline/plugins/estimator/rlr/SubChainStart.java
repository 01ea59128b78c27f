package org.plumbline.plugins.estimator.rlr;

import java.util.Arrays;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.plumbline.plugins.estimator.rlr.Configuration.Start;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.PromptScale;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Where the sub-chain starts: j in a window, uniform or with probability proportional to exp(|g_j| / temperature), where
 * g_j is the part of the gradient that step j contributes. The start never depends on the noise of the update that uses it:
 * norms come from earlier updates, and until the first measurement they count as equal.
 */
final class SubChainStart {
    private static final String MEMORY = "step-norms";

    private final Configuration configuration;

    /** |g_t| at index t - 1. */
    private double @Nullable [] norms;

    SubChainStart(Configuration configuration) {
        this.configuration = configuration;
    }

    /**
     * The starts that are allowed, counted from the output.
     *
     * @param least smallest j
     * @param largest largest j
     */
    record Window(int least, int largest) {
        boolean empty() {
            return least > largest;
        }
    }

    /** All starts from which a sub-chain fits into the chain. */
    Window possible(int steps, int length) {
        return new Window(configuration.mode().leastStart(), steps - length + 1);
    }

    /**
     * The starts that the settings leave; may be empty or reach beyond what is possible.
     *
     * @param scale the range of the prompt schedule that the whole sub-chain has to stay in, or null
     */
    Window chosen(int steps, int length, @Nullable PromptScale scale) {
        Window all = possible(steps, length);
        if (scale != null) {
            return new Window(Math.max(all.least, scale.from()), Math.min(all.largest, scale.to() - length + 1));
        }
        Integer from = configuration.startFrom();
        Integer to = configuration.startTo();
        return new Window(from == null ? all.least : from, to == null ? all.largest : to);
    }

    /** Draws j. */
    int draw(Window window, RandomGenerator random) {
        double left = random.nextDouble();
        double[] probabilities = probabilities(window);
        for (int i = 0; i < probabilities.length; i++) {
            left -= probabilities[i];
            if (left < 0) {
                return window.least + i;
            }
        }
        return window.largest;
    }

    /** The probability of each start of the window. */
    double[] probabilities(Window window) {
        double[] probabilities = new double[window.largest - window.least + 1];
        double[] known = norms;
        if (known == null) {
            Arrays.fill(probabilities, 1.0 / probabilities.length);
            return probabilities;
        }
        double[] logits = new double[probabilities.length];
        Arrays.setAll(logits, i -> known[window.least + i - 1] / configuration.startTemperature());
        double highest = Arrays.stream(logits).max().orElse(0);
        Arrays.setAll(probabilities, i -> Math.exp(logits[i] - highest));
        double total = Arrays.stream(probabilities).sum();
        Arrays.setAll(probabilities, i -> probabilities[i] / total);
        return probabilities;
    }

    /** The probability that a sub-chain of this length visits a step. */
    double coverage(Window window, int length, int step) {
        double[] probabilities = probabilities(window);
        double sum = 0;
        for (int i = 0; i < probabilities.length; i++) {
            int start = window.least + i;
            sum += start <= step && step < start + length ? probabilities[i] : 0;
        }
        return sum;
    }

    /** Whether this update is one that measures norms, for later updates. */
    boolean measures(long update) {
        return configuration.start() == Start.GRADIENT_NORMS && update % configuration.startEvery() == 0;
    }

    /**
     * Measures the norm of every step's contribution by a sweep of its own: the whole adjoint from the reward, of which only
     * that step's parameters are collected. Costs 1 + 2 + ... + T evaluations, forward and backward.
     */
    void measure(Chain chain, Trajectory sampled) {
        int steps = chain.program().size();
        double[] measured = new double[steps];
        for (int step = 1; step <= steps; step++) {
            SweepPlan plan = SweepPlan.of(chain.program()).fromReward(chain.rows());
            for (int other = 1; other < step; other++) {
                plan = plan.withoutParameters(steps - other);
            }
            if (step < steps) {
                plan = plan.stopBefore(steps - step - 1);
            }
            measured[step - 1] = Vectors.norm(chain.sweep(sampled, plan));
        }
        norms = measured;
    }

    Map<String, double[]> memory() {
        double[] known = norms;
        return known == null ? Map.of() : Map.of(MEMORY, known.clone());
    }

    void recall(Map<String, double[]> memory) {
        double[] known = memory.get(MEMORY);
        norms = known == null ? null : known.clone();
    }
}
