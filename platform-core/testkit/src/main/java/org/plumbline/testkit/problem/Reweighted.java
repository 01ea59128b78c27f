package org.plumbline.testkit.problem;

import java.util.List;
import java.util.Map;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.toolkit.problem.ClosedFormDenoiser;

/** A network with other values for its weights. */
record Reweighted(ClosedFormDenoiser denoiser, Map<String, WeightSource.Weight> weights) implements ClosedFormDenoiser {
    @Override
    public int dimensions() {
        return denoiser.dimensions();
    }

    @Override
    public PredictionType prediction() {
        return denoiser.prediction();
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
    public ParameterLayout layout() {
        return denoiser.layout();
    }
}
