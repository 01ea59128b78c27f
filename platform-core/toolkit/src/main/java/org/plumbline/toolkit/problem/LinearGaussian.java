package org.plumbline.toolkit.problem;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DenoiserInput;

/**
 * The exact noise prediction for Gaussian data in three dimensions, x0 ~ N(mu, Q diag(s^2) Q^T):
 * eps = sigma Q diag(1 / (alpha^2 s^2 + sigma^2)) Q^T (u - alpha mu). It is linear in u, so under any sampler the latents
 * stay Gaussian and the expectation of a {@link QuadraticReward} follows from their mean and covariance.
 *
 * <p>Inputs: {@code sample} [B, 3, 1, 1], {@code alpha} [B], {@code sigma} [B]. Weights, trained: {@code mean} [3],
 * {@code log_std} [3] with s = exp(log_std); fixed: {@code axes} [3, 3], the orthogonal Q^T.
 */
public record LinearGaussian() implements ClosedFormDenoiser {
    private static final int D = 3;

    @Override
    public int dimensions() {
        return D;
    }

    @Override
    public String name() {
        return "linear-gaussian";
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(
                new TensorSpec(DenoiserInput.SAMPLE.key(), TensorSpec.BATCH, D, 1, 1),
                new TensorSpec(DenoiserInput.ALPHA.key(), TensorSpec.BATCH),
                new TensorSpec(DenoiserInput.SIGMA.key(), TensorSpec.BATCH));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T u = ops.reshape(Numbers.input(inputs, DenoiserInput.SAMPLE), -1, D);
        T alpha = ops.reshape(Numbers.input(inputs, DenoiserInput.ALPHA), -1, 1);
        T sigma = ops.reshape(Numbers.input(inputs, DenoiserInput.SIGMA), -1, 1);
        T axes = ops.weight("axes", D, D);

        T away = ops.sub(u, ops.mul(alpha, ops.weight("mean", D)));
        T spread = ops.exp(ops.scale(ops.weight("log_std", D), 2));
        T variance = ops.add(ops.mul(ops.mul(alpha, alpha), spread), ops.mul(sigma, sigma));
        T whitened = ops.div(ops.linear(away, axes, null), variance);
        T eps = ops.mul(sigma, ops.matmul(whitened, axes));
        return ops.reshape(eps, -1, D, 1, 1);
    }

    @Override
    public Map<String, WeightSource.Weight> weights() {
        Map<String, WeightSource.Weight> weights = new LinkedHashMap<>();
        weights.put("mean", new WeightSource.Weight(new double[] {0.8, -0.5, 0.3}, D));
        weights.put("log_std", new WeightSource.Weight(new double[] {0.1, -0.7, -1.3}, D));
        // A reflection at the plane orthogonal to (1, 2, 2): orthogonal, with rational entries.
        double[] axes = {7.0 / 9, -4.0 / 9, -4.0 / 9, -4.0 / 9, 1.0 / 9, -8.0 / 9, -4.0 / 9, -8.0 / 9, 1.0 / 9};
        weights.put("axes", new WeightSource.Weight(axes, D, D));
        return weights;
    }

    @Override
    public ParameterLayout layout() {
        return ParameterLayout.builder().add("mean", D).add("log_std", D).build();
    }
}
