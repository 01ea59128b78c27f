package org.plumbline.toolkit.problem;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.PredictionType;

/** A denoiser graph with the values of its weights. Immutable. */
public interface ClosedFormDenoiser extends GraphDefinition {
    /** The number of latent dimensions d; latents are [batch, d, 1, 1]. */
    int dimensions();

    /** What it predicts. */
    default PredictionType prediction() {
        return PredictionType.EPSILON;
    }

    /** All weights with their values before training. */
    Map<String, WeightSource.Weight> weights();

    /** The weights that can be trained; the others are fixed numbers. */
    ParameterLayout layout();

    /** {@link #weights()} as a source. */
    default WeightSource source() {
        return WeightSource.of(weights());
    }

    /** The values of the trained weights before training. */
    default double[] theta() {
        double[] theta = new double[layout().size()];
        Map<String, WeightSource.Weight> weights = weights();
        for (ParameterLayout.Entry entry : layout().entries()) {
            double[] values = Objects.requireNonNull(weights.get(entry.name())).values();
            System.arraycopy(values, 0, theta, entry.offset(), values.length);
        }
        return theta;
    }

    /** The same network, whose output is taken for another prediction. */
    default ClosedFormDenoiser predicting(PredictionType prediction) {
        return new AlteredDenoiser(this, prediction, weights());
    }

    /** The same network with other values for its weights. */
    default ClosedFormDenoiser withWeights(Map<String, WeightSource.Weight> weights) {
        return new AlteredDenoiser(this, prediction(), weights);
    }

    /** A layout of all given weights, in their order. */
    static ParameterLayout layoutOf(Map<String, WeightSource.Weight> weights) {
        ParameterLayout.Builder layout = ParameterLayout.builder();
        new LinkedHashMap<>(weights).forEach((name, weight) -> layout.add(name, weight.shape()));
        return layout.build();
    }
}
