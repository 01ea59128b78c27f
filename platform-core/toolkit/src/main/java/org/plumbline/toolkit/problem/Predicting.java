package org.plumbline.toolkit.problem;

import java.util.List;
import java.util.Map;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.PredictionType;

/**
 * A denoiser whose output is taken for another prediction.
 *
 * @param denoiser the network
 * @param prediction what it is said to predict
 */
public record Predicting(ClosedFormDenoiser denoiser, PredictionType prediction) implements ClosedFormDenoiser {
    @Override
    public int dimensions() {
        return denoiser.dimensions();
    }

    @Override
    public String name() {
        return denoiser.name();
    }

    @Override
    public List<TensorSpec> inputs() {
        return denoiser.inputs();
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        return denoiser.build(ops, inputs);
    }

    @Override
    public Map<String, WeightSource.Weight> weights() {
        return denoiser.weights();
    }

    @Override
    public ParameterLayout layout() {
        return denoiser.layout();
    }
}
