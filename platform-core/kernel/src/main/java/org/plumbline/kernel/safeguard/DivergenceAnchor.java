package org.plumbline.kernel.safeguard;

import java.util.Arrays;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.estimator.StepShift;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * The divergence of the fine-tuned chain from the pre-trained one along the sampled states, sum over the noisy steps k of
 * |mu_k - mu_k of the pre-trained model|^2 / (2 s_k^2), mean over the rows. Its mean over samples is the
 * Kullback-Leibler divergence of the chains, so it bounds how far the images can go.
 *
 * <p>The gradient holds the states, as is usual: what the parameters do to the states on which the divergence is measured
 * is left out. Costs per sample one evaluation of the pre-trained model and a replay with its backward pass for every
 * noisy step.
 *
 * <p>Source: Fan et al.: DPOK: reinforcement learning for fine-tuning text-to-image diffusion models. NeurIPS 2023.
 */
public final class DivergenceAnchor implements Anchor {
    private final double weight;

    /**
     * @param weight of the divergence, in units of the reward per nat
     */
    public DivergenceAnchor(double weight) {
        this.weight = weight;
    }

    @Override
    public Pull pull(Workbench workbench, Rollout rollout, SamplingChain chain) {
        SamplerProgram program = chain.program();
        SweepPlan plan = SweepPlan.of(program);
        double[] weights = new double[chain.rows()];
        Arrays.fill(weights, -weight);
        double total = 0;
        for (int k = 0; k < program.size(); k++) {
            if (program.stochastic(k)) {
                StepShift shift = chain.shift(chain.behaviour(), k);
                plan = plan.cut(k, weights, shift.shift());
                total += Arrays.stream(shift.divergence()).sum();
            }
        }
        return new Pull(chain.sweep(chain.behaviour(), plan), "anchor-kl", total / chain.rows());
    }
}
