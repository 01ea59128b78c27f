package org.plumbline.kernel.chain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * What every evaluation of the network added to the gradients that were collected on a chain, whoever collected them: a
 * sweep, or an estimator that integrates its own equation. Only for measuring: it keeps one more vector of theta's length
 * per time at which the network was pulled back. Chains that are not asked for it do nothing of the kind.
 *
 * <p>What does not come from a pull-back of the network has no time and is not in it: zeroth-order terms, and the
 * gradient of the initial noise.
 */
public final class StepContributions {
    private final List<Resolved> sinks = new ArrayList<>();

    StepContributions() {}

    Parametrisation.Sink sink(Parametrisation parametrisation) {
        Resolved sink = new Resolved(parametrisation);
        sinks.add(sink);
        return sink;
    }

    /**
     * The sum over everything collected so far, by {@linkplain TimePoint#label() time label}, the largest first. To be
     * asked before the chain is closed.
     */
    public NavigableMap<Double, double[]> byTime() {
        NavigableMap<Double, double[]> sums = new TreeMap<>(Comparator.reverseOrder());
        for (Resolved sink : sinks) {
            sink.parts.forEach((time, part) -> {
                double[] gradient = part.gradient();
                double[] sum = sums.computeIfAbsent(time, none -> new double[gradient.length]);
                Vectors.addTo(sum, 1, gradient);
            });
        }
        return sums;
    }

    /** Collects as the parametrisation's own collector does, to the bit, and beside that by time. */
    private static final class Resolved implements Parametrisation.Sink {
        private final Parametrisation parametrisation;
        private final Parametrisation.Sink total;
        private final Map<Double, Parametrisation.Sink> parts = new LinkedHashMap<>();
        private Parametrisation.@Nullable Sink part;

        Resolved(Parametrisation parametrisation) {
            this.parametrisation = parametrisation;
            this.total = parametrisation.sink();
        }

        @Override
        public void at(TimePoint time) {
            part = parts.computeIfAbsent(time.label(), none -> parametrisation.sink());
        }

        @Override
        public void weights(Tensor gradient, double factor) {
            total.weights(gradient, factor);
            if (part != null) {
                part.weights(gradient, factor);
            }
        }

        @Override
        public void condition(Tensor gradient, double factor) {
            total.condition(gradient, factor);
            if (part != null) {
                part.condition(gradient, factor);
            }
        }

        @Override
        public void initialState(Tensor initialState, double factor) {
            total.initialState(initialState, factor);
        }

        @Override
        public double[] gradient() {
            return total.gradient();
        }
    }
}
