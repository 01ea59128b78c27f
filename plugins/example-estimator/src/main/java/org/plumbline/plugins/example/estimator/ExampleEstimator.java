package org.plumbline.plugins.example.estimator;

import jakarta.inject.Inject;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.statistics.Advantages;

/**
 * REINFORCE on the denoising chain, with the batch as its baseline.
 *
 * <p><b>Estimand.</b> The gradient of E[R], written with the score function: the sum over the noisy calls k of
 * grad ln p(x_(k+1) | x_k) (R - b).
 *
 * <p><b>Bias.</b> None: the baseline of a sample is the mean reward of the others and does not depend on it.
 *
 * <p><b>Variance.</b> High; it grows with the number of steps and the size of the latent. Look at policy-gradient for what
 * is done about it.
 *
 * <p><b>Cost per sample.</b> 2T forward and T backward network calls; memory of one network graph and T latents.
 *
 * <p>Source: Williams: Simple statistical gradient-following algorithms for connectionist reinforcement learning. Machine
 * Learning 8, 1992.
 */
@Plugin(
        id = "example",
        description = "REINFORCE over the denoising steps, to read before you write your own",
        configuration = ExampleEstimator.Configuration.class)
final class ExampleEstimator implements GradientEstimator {
    /**
     * Settings. The user writes them in kebab case beside the id; the host binds and checks them.
     *
     * @param baseline whether the mean reward of the other samples is subtracted
     */
    record Configuration(
            @Setting(description = "subtract the mean reward of the other samples", defaultValue = "true")
            boolean baseline) {}

    private final Configuration configuration;

    @Inject
    ExampleEstimator(Configuration configuration) {
        this.configuration = configuration;
    }

    /** Needs are checked by the host before a run; promises are checked by the contract. */
    @Override
    public Set<EstimatorTrait> traits() {
        return EnumSet.of(
                EstimatorTrait.NEEDS_VJP, // a score is pulled back through the network
                EstimatorTrait.NEEDS_STOCHASTIC_SAMPLER, // without noise there is no score
                EstimatorTrait.CONSTANT_MEMORY_IN_STEPS,
                EstimatorTrait.UNBIASED);
    }

    /** What traits cannot say: refused here, before the first step, with the remedy. */
    @Override
    public void check(ChainProfile profile) {
        SamplerProgram program = profile.program();
        if (!program.stochastic(program.size() - 1)) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'example' with a sampler whose last step has no noise (" + program.name() + ")")
                    .remedy("set the sampler's eta above 0 and set-alpha-to-one: false")
                    .build();
        }
        if (configuration.baseline() && profile.rows() < 2) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'example' with a baseline and a batch of " + profile.rows())
                    .remedy("use a batch of at least 2, or baseline: false")
                    .build();
        }
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        Trajectory sampled = chain.behaviour();
        double[] rewards = chain.rewards(sampled);
        double[] weights = configuration.baseline() ? Advantages.leaveOneOut(rewards) : rewards;

        // At each noisy call the adjoint starts anew from the score of what was sampled there, times the sample's
        // weight.
        SweepPlan plan = SweepPlan.of(chain.program());
        for (int k = 0; k < chain.program().size(); k++) {
            if (chain.program().stochastic(k)) {
                plan = plan.cut(k, weights);
            }
        }
        return GradientEstimate.of(chain.sweep(sampled, plan), rewards);
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "williams1992reinforce",
                "Williams, R. J.",
                "Simple statistical gradient-following algorithms for connectionist reinforcement learning",
                1992,
                "Machine Learning 8"));
    }
}
