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
 * The exact noise prediction for Gaussian data, x0 ~ N(mu, Q diag(s^2) Q^T):
 * eps = sigma Q diag(1 / (alpha^2 s^2 + sigma^2)) Q^T (u - alpha mu). It is linear in u, so under any sampler the latents
 * stay Gaussian and the expectation of a {@link QuadraticReward} follows from their mean and covariance.
 *
 * <p>Inputs: {@code sample} [B, d, 1, 1], {@code alpha} [B], {@code sigma} [B]. Weights, trained: {@code mean} [d],
 * {@code log_std} [d] with s = exp(log_std); fixed: {@code axes} [d, d], the orthogonal Q^T.
 *
 * @param dimensions d
 */
public record LinearGaussian(int dimensions) implements ClosedFormDenoiser {
    private static final double[] MEANS = {0.8, -0.5, 0.3};
    private static final double[] LOG_STDS = {0.1, -0.7, -1.3};

    /** In three dimensions. */
    public LinearGaussian() {
        this(3);
    }

    @Override
    public String name() {
        return "linear-gaussian";
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(
                new TensorSpec(DenoiserInput.SAMPLE.key(), TensorSpec.BATCH, dimensions, 1, 1),
                new TensorSpec(DenoiserInput.ALPHA.key(), TensorSpec.BATCH),
                new TensorSpec(DenoiserInput.SIGMA.key(), TensorSpec.BATCH));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T u = ops.reshape(Numbers.input(inputs, DenoiserInput.SAMPLE), -1, dimensions);
        T alpha = ops.reshape(Numbers.input(inputs, DenoiserInput.ALPHA), -1, 1);
        T sigma = ops.reshape(Numbers.input(inputs, DenoiserInput.SIGMA), -1, 1);
        T axes = ops.weight("axes", dimensions, dimensions);

        T away = ops.sub(u, ops.mul(alpha, ops.weight("mean", dimensions)));
        T spread = ops.exp(ops.scale(ops.weight("log_std", dimensions), 2));
        T variance = ops.add(ops.mul(ops.mul(alpha, alpha), spread), ops.mul(sigma, sigma));
        T whitened = ops.div(ops.linear(away, axes, null), variance);
        T eps = ops.mul(sigma, ops.matmul(whitened, axes));
        return ops.reshape(eps, -1, dimensions, 1, 1);
    }

    @Override
    public Map<String, WeightSource.Weight> weights() {
        Map<String, WeightSource.Weight> weights = new LinkedHashMap<>();
        weights.put("mean", Numbers.weight(dimensions, i -> MEANS[i % MEANS.length]));
        weights.put("log_std", Numbers.weight(dimensions, i -> LOG_STDS[i % LOG_STDS.length]));
        // A reflection at the plane orthogonal to v = (1, 2, 2, ...): orthogonal, with rational entries.
        double square = 4 * dimensions - 3;
        weights.put(
                "axes",
                Numbers.weight(
                        dimensions,
                        dimensions,
                        (i, j) -> ((i == j ? square : 0) - 2 * normal(i) * normal(j)) / square));
        return weights;
    }

    private static double normal(int i) {
        return i == 0 ? 1 : 2;
    }

    @Override
    public ParameterLayout layout() {
        return ParameterLayout.builder()
                .add("mean", dimensions)
                .add("log_std", dimensions)
                .build();
    }
}
