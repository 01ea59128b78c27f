package org.plumbline.toolkit.problem;

import java.util.List;
import java.util.Map;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.PredictionType;

/**
 * A denoiser of which something is altered.
 *
 * @param denoiser the network
 * @param prediction what its output is taken for
 * @param weights the values of its weights
 */
record AlteredDenoiser(ClosedFormDenoiser denoiser, PredictionType prediction, Map<String, WeightSource.Weight> weights)
        implements ClosedFormDenoiser {
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
    public ParameterLayout layout() {
        return denoiser.layout();
    }
}
