package org.plumbline.plugins.estimator.policy.gradient;

import java.util.List;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * How far the log-probability of a sampled step, computed again from its two states, is from the one it was sampled with.
 * In exact arithmetic both are equal on the first update of a rollout; what is left is the noise below which ratios, and
 * with them clip ranges, mean nothing.
 */
final class LogProbabilityMismatch {
    private LogProbabilityMismatch() {}

    /**
     * The largest difference over the rows, in nats of the whole latent. Costs one evaluation.
     *
     * @param chain at the parameters of the behaviour, with a sampler without memory
     * @param k a noisy call
     */
    static double at(Chain chain, Trajectory sampled, int k) {
        SamplerProgram program = chain.program();
        SamplerCall call = program.calls().get(k);
        int rows = chain.rows();
        double[] x = sampled.state(k).toDoubles();
        double[] next = sampled.state(k + 1).toDoubles();
        Tensor noise = sampled.noise(k);
        double[] z = noise.toDoubles();
        noise.close();
        double[] h;
        try (TensorArena scratch = chain.arena().nested()) {
            double scale = call.inputScale() * call.inputWeights()[0];
            Tensor input = scratch.combine(new double[] {scale}, List.of(sampled.state(k)));
            h = chain.denoiser()
                    .predict(scratch, input, call.at(), program.wanted())
                    .toDoubles();
        }
        double[] m = program.transform().identity() ? h : program.transform().apply(h, rows);
        double[] difference = new double[rows];
        for (int i = 0; i < x.length; i++) {
            double mean = call.transition()[0][0] * x[i] + call.ofOutput()[0] * m[i] + call.ofRaw()[0] * h[i];
            double residual = (next[i] - mean) / call.noise();
            difference[i / (x.length / rows)] += (z[i] * z[i] - residual * residual) / 2;
        }
        double largest = 0;
        for (double row : difference) {
            largest = Math.max(largest, Math.abs(row));
        }
        return largest;
    }
}
