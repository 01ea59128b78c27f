package org.plumbline.spi.estimator;

import java.util.Map;
import java.util.TreeMap;

/**
 * The result of one estimation. The arrays belong to the record and must not be changed.
 *
 * @param gradient direction of growing reward, of theta's length
 * @param rewards the rewards of the sampled rows, for the training curve
 * @param diagnostics numbers of interest, by kebab-case name
 */
public record GradientEstimate(double[] gradient, double[] rewards, Map<String, Double> diagnostics) {
    public GradientEstimate {
        diagnostics = Map.copyOf(diagnostics);
    }

    /** An estimate without diagnostics. */
    public static GradientEstimate of(double[] gradient, double[] rewards) {
        return new GradientEstimate(gradient, rewards, Map.of());
    }

    /** The same estimate with one more number. */
    public GradientEstimate with(String name, double value) {
        Map<String, Double> more = new TreeMap<>(diagnostics);
        more.put(name, value);
        return new GradientEstimate(gradient, rewards, more);
    }
}
