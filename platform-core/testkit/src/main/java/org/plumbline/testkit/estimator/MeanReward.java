package org.plumbline.testkit.estimator;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * The mean reward of a batch as a function of theta, the noise always being the same: what finite differences are taken
 * of.
 *
 * @param bench the chain
 * @param program what is sampled
 * @param batch prompts and noise
 */
public record MeanReward(Workbench bench, SamplerProgram program, Batch batch) implements ToDoubleFunction<double[]> {
    @Override
    public double applyAsDouble(double[] theta) {
        try (Rollout rollout = bench.rollout(program, batch, theta);
                SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
            return Arrays.stream(chain.rewards(chain.behaviour())).average().orElseThrow();
        }
    }
}
