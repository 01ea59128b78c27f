package org.plumbline.toolkit.problem;

import java.util.List;
import java.util.Map;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.PredictionType;

/**
 * The exact velocity of flow matching for the Gaussian data of {@link LinearGaussian}, x0 ~ N(mu, Q diag(s^2) Q^T):
 * v = E[eps - x0 | u] = Q diag((sigma - alpha s^2) / (alpha^2 s^2 + sigma^2)) Q^T (u - alpha mu) - mu. It is linear in u
 * and finite from pure noise, alpha = 0, to the sample, sigma = 0.
 *
 * <p>On the straight path the solution of its flow is known: along axis i the distance from alpha mu_i grows with
 * sqrt(alpha^2 s_i^2 + sigma^2), so that standard normal noise becomes the data exactly.
 *
 * <p>Inputs and weights are those of {@link LinearGaussian}.
 */
public record GaussianFlow() implements ClosedFormDenoiser {
    private static final LinearGaussian DATA = new LinearGaussian();

    @Override
    public int dimensions() {
        return DATA.dimensions();
    }

    @Override
    public PredictionType prediction() {
        return PredictionType.FLOW;
    }

    @Override
    public String name() {
        return "gaussian-flow";
    }

    @Override
    public List<TensorSpec> inputs() {
        return DATA.inputs();
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        int d = dimensions();
        T u = ops.reshape(Numbers.input(inputs, DenoiserInput.SAMPLE), -1, d);
        T alpha = ops.reshape(Numbers.input(inputs, DenoiserInput.ALPHA), -1, 1);
        T sigma = ops.reshape(Numbers.input(inputs, DenoiserInput.SIGMA), -1, 1);
        T axes = ops.weight("axes", d, d);
        T mean = ops.weight("mean", d);

        T spread = ops.exp(ops.scale(ops.weight("log_std", d), 2));
        T signal = ops.mul(alpha, spread);
        T variance = ops.add(ops.mul(alpha, signal), ops.mul(sigma, sigma));
        T away = ops.linear(ops.sub(u, ops.mul(alpha, mean)), axes, null);
        T slope = ops.div(ops.sub(sigma, signal), variance);
        T velocity = ops.sub(ops.matmul(ops.mul(away, slope), axes), mean);
        return ops.reshape(velocity, -1, d, 1, 1);
    }

    @Override
    public Map<String, WeightSource.Weight> weights() {
        return DATA.weights();
    }

    @Override
    public ParameterLayout layout() {
        return DATA.layout();
    }
}
