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
 * The exact noise prediction for data from a mixture of three round Gaussians in the plane, whose means the condition
 * shifts: x0 ~ sum_k p_k N(m_k + S c, s_k^2 I).
 *
 * <p>The noisy latent u = alpha x0 + sigma eps has density q(u) = sum_k p_k N(u; alpha (m_k + S c), v_k I) with
 * v_k = alpha^2 s_k^2 + sigma^2, and E[eps | u] = -sigma grad log q(u) = sigma sum_k r_k (u - alpha (m_k + S c)) / v_k,
 * where r_k is the probability that u came from Gaussian k.
 *
 * <p>Inputs: {@code sample} [B, 2, 1, 1], {@code condition} [B, 1, 2], {@code alpha} [B], {@code sigma} [B]. Weights, all
 * trained: {@code means} [3, 2], {@code logits} [3] with p = softmax(logits), {@code log_std} [3] with
 * s = exp(log_std), {@code shift} [2, 2], which is S.
 */
public record GaussianMixture() implements ClosedFormDenoiser {
    private static final int D = 2;
    private static final int PARTS = 3;

    @Override
    public int dimensions() {
        return D;
    }

    @Override
    public String name() {
        return "gaussian-mixture";
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(
                new TensorSpec(DenoiserInput.SAMPLE.key(), TensorSpec.BATCH, D, 1, 1),
                new TensorSpec(DenoiserInput.CONDITION.key(), TensorSpec.BATCH, 1, D),
                new TensorSpec(DenoiserInput.ALPHA.key(), TensorSpec.BATCH),
                new TensorSpec(DenoiserInput.SIGMA.key(), TensorSpec.BATCH));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T u = ops.reshape(Numbers.input(inputs, DenoiserInput.SAMPLE), -1, 1, D);
        T alpha = ops.reshape(Numbers.input(inputs, DenoiserInput.ALPHA), -1, 1);
        T sigma = ops.reshape(Numbers.input(inputs, DenoiserInput.SIGMA), -1, 1);
        T condition = Numbers.input(inputs, DenoiserInput.CONDITION);

        // [B, 3, 2]: from the mean of each Gaussian to u.
        T means = ops.add(ops.weight("means", PARTS, D), ops.linear(condition, ops.weight("shift", D, D), null));
        T away = ops.sub(u, ops.mul(ops.reshape(alpha, -1, 1, 1), means));
        // [B, 3]: the variance of each Gaussian at this noise, and the probability of each given u.
        T spread = ops.exp(ops.scale(ops.weight("log_std", PARTS), 2));
        T variance = ops.add(ops.mul(ops.mul(alpha, alpha), spread), ops.mul(sigma, sigma));
        T distance = ops.sum(ops.mul(away, away), false, 2);
        T exponent = ops.add(ops.scale(ops.div(distance, variance), -0.5), ops.scale(ops.log(variance), -0.5 * D));
        T responsibility = ops.softmax(ops.add(ops.weight("logits", PARTS), exponent));

        T pull = ops.mul(ops.reshape(ops.div(responsibility, variance), -1, PARTS, 1), away);
        T eps = ops.mul(sigma, ops.sum(pull, false, 1));
        return ops.reshape(eps, -1, D, 1, 1);
    }

    @Override
    public Map<String, WeightSource.Weight> weights() {
        Map<String, WeightSource.Weight> weights = new LinkedHashMap<>();
        weights.put("means", new WeightSource.Weight(new double[] {1.5, 0.4, -1.2, 1.1, -0.3, -1.6}, PARTS, D));
        weights.put("logits", new WeightSource.Weight(new double[] {0.3, -0.2, 0.1}, PARTS));
        weights.put("log_std", new WeightSource.Weight(new double[] {-0.9, -1.2, -0.6}, PARTS));
        weights.put("shift", new WeightSource.Weight(new double[] {0.5, -0.3, 0.2, 0.6}, D, D));
        return weights;
    }

    @Override
    public ParameterLayout layout() {
        return ClosedFormDenoiser.layoutOf(weights());
    }
}
