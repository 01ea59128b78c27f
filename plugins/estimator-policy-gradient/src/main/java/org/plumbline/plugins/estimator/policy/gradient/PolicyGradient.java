package org.plumbline.plugins.estimator.policy.gradient;

import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Baseline;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Reduction;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * Policy gradient on the denoising chain: every noisy step is an action, its score is weighted by an advantage. Settings
 * make of it the methods of the literature; a preset holds those of one method, and what is set beside it goes before.
 *
 * <table>
 *   <caption>Presets, and what their authors set elsewhere in a study</caption>
 *   <tr><th>preset</th><th>objective, baseline</th><th>steps</th><th>sampler</th><th>samples per prompt</th></tr>
 *   <tr><td>reinforce</td><td>score function of the summed log-probability, leave-one-out</td><td>all</td>
 *       <td>any with noise</td><td>any</td></tr>
 *   <tr><td>ddpo</td><td>clip 1e-4 of the mean log-probability, per prompt</td><td>all</td>
 *       <td>ddim, eta 1, 50 steps</td><td>any</td></tr>
 *   <tr><td>dpok</td><td>clamp 1e-4, value function, kl 1e-4, 5 updates per rollout</td><td>all</td>
 *       <td>ddim, eta 1, 50 steps</td><td>any</td></tr>
 *   <tr><td>flow-grpo</td><td>clip 1e-4, groups over the deviation of the batch, kl 0.04</td><td>all but the last</td>
 *       <td>flow-matching, noise flow-grpo, 10 steps</td><td>24</td></tr>
 *   <tr><td>flow-grpo-fast</td><td>clip 1e-5, groups over the deviation of the batch</td><td>three, drawn anew</td>
 *       <td>flow-matching, noise cps, noise-level 0.8, 10 steps</td><td>24</td></tr>
 *   <tr><td>dance-grpo</td><td>clip 1e-4, groups over their own deviation</td><td>random 0.6 of all</td>
 *       <td>flow-matching, noise dance-grpo, shift 3, 16 steps; or ddim, eta 1</td><td>12, one initial noise</td></tr>
 *   <tr><td>mix-grpo</td><td>clip 1e-4, groups over their own deviation</td><td>four, moving by one in 25 rollouts</td>
 *       <td>flow-matching, noise dance-grpo, noise-level 0.7, 25 steps</td><td>12</td></tr>
 * </table>
 *
 * <p><b>Estimand.</b> With score-function, the gradient of E[R], sum over k of grad ln p(x_(k+1) | x_k) A_k. With clip and
 * clamp, the gradient of a surrogate of the ratios rho_k of present to sampling probability, sum over k of
 * min(A rho_k, A clip(rho_k, 1 - e, 1 + e)) or of A clip(rho_k, 1 - e, 1 + e). With kl, less kl times the divergence of
 * each step from that of the pre-trained model, |mu_k - mu_k'|^2 / (2 s_k^2), the states held.
 *
 * <p><b>Bias.</b> None with score-function, the summed log-probability, one update per rollout, no kl, noise and training
 * on all steps (or on random ones with timestep-rescale), and a baseline that does not see the sample's own noise: none,
 * leave-one-out, value. Standardised advantages, clipping, several updates per rollout, steps left out and the mean
 * log-probability (which divides by the size of the latent) each add some.
 *
 * <p><b>Variance.</b> Grows with the number of steps and the size of the latent; no gradient of the reward is used. A value
 * function takes away what a state already says about its reward.
 *
 * <p><b>Cost per sample.</b> With S of T steps trained: T + S forward, S backward; with a sampler that remembers earlier
 * outputs all T are swept. Every later update of a rollout costs S more forward for its ratios instead of T for the
 * rollout. kl costs S forward, and 2 S on later updates; each of mismatch-calls costs 1 on the first, where there are
 * ratios. Memory: one network graph and T latents.
 *
 * <p><b>Needs.</b> Noise in the sampler's steps, in the last one too unless untrained-end says that it may be missed, and
 * vector-Jacobian products. Any reward. A window needs a sampler with a deterministic form, group advantages several
 * samples per prompt.
 *
 * <p>Sources: Black et al. (DDPO), Fan et al. (DPOK), Liu et al. (Flow-GRPO), Xue et al. (DanceGRPO), Li et al. (MixGRPO);
 * see {@link Source}.
 */
@Plugin(
        id = "policy-gradient",
        description = "Policy gradient over the denoising steps: DDPO, DPOK, Flow-GRPO, DanceGRPO, MixGRPO",
        configuration = Configuration.class)
final class PolicyGradient implements GradientEstimator {
    /** Outside of these bounds a clip range, in nats of the whole latent, does nothing or stops everything. */
    private static final double LEAST_CLIP = 0.01;

    private static final double LARGEST_CLIP = 10;

    private final Configuration configuration;
    private final Method method;
    private final Method.Surrogate surrogate;
    private final MovingWindow window;
    private final AdvantageSource source;

    @Inject
    PolicyGradient(Configuration configuration) {
        this.configuration = configuration;
        this.method = Method.of(configuration);
        this.surrogate = method.surrogate();
        this.window = new MovingWindow(method.window());
        this.source = AdvantageSource.of(method, configuration);
    }

    @Override
    public Set<EstimatorTrait> traits() {
        Set<EstimatorTrait> traits = EnumSet.of(
                EstimatorTrait.NEEDS_VJP,
                EstimatorTrait.NEEDS_STOCHASTIC_SAMPLER,
                EstimatorTrait.CONSTANT_MEMORY_IN_STEPS);
        if (method.unbiased()) {
            traits.add(EstimatorTrait.UNBIASED);
        }
        return traits;
    }

    @Override
    public int updatesPerRollout() {
        return surrogate.updates();
    }

    @Override
    public SamplerProgram program(ChainProfile profile) {
        return program(profile, 0);
    }

    @Override
    public SamplerProgram program(ChainProfile profile, long rollout) {
        return window.program(profile.program(), rollout);
    }

    @Override
    public void check(ChainProfile profile) {
        SamplerProgram program = profile.program();
        boolean missed = method.steps().untrainedEnd() || !method.window().none();
        if (!missed && !program.stochastic(program.size() - 1)) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'policy-gradient' with a sampler whose last step has no noise (" + program.name()
                            + "): what the parameters do there would be missed")
                    .remedy(
                            "set ddim's eta above 0 and set-alpha-to-one: false, or flow-matching's final-noise: true, or"
                                    + " untrained-end: true here")
                    .build();
        }
        boolean relative = method.baseline() == Baseline.LEAVE_ONE_OUT || method.baseline() == Baseline.GROUP;
        if (relative && profile.rows() < 2) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'policy-gradient' with baseline: " + name(method.baseline()) + " and a batch of "
                            + profile.rows())
                    .remedy("use a batch of at least 2, or baseline: none")
                    .build();
        }
        checkClip(profile);
        if (surrogate.kl() > 0 && (!program.markov() || profile.target() instanceof TrainableTarget.InitialNoise)) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'policy-gradient' with kl: " + surrogate.kl() + " and "
                            + (program.markov()
                                    ? "trained initial noise, which leaves the model as it is"
                                    : program.name() + ", whose steps remember earlier outputs"))
                    .remedy("set kl: 0, or train weights or conditions with a sampler such as ddim")
                    .build();
        }
    }

    private void checkClip(ChainProfile profile) {
        double nats = surrogate.clip() * (surrogate.reduction() == Reduction.MEAN ? profile.latentSize() : 1);
        if (surrogate.objective().usesRatios() && (nats < LEAST_CLIP || nats > LARGEST_CLIP)) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'policy-gradient' with clip: " + surrogate.clip() + " and log-probability: "
                            + name(surrogate.reduction()) + ", which is " + nats + " nats over a latent of "
                            + profile.latentSize() + " numbers")
                    .available(LEAST_CLIP + " to " + LARGEST_CLIP + " nats")
                    .remedy("use clip: 0.2 with log-probability: sum, or clip: " + 1.6 / profile.latentSize()
                            + " with mean")
                    .build();
        }
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        if (method.baseline() == Baseline.GROUP) {
            GroupAdvantages.check(chain.prompts());
        }
        Trajectory sampled = chain.behaviour();
        double[] rewards = chain.rewards(sampled);
        // On later updates of a rollout its rewards are known already.
        boolean fresh = chain.update() % surrogate.updates() == 0;
        AdvantageSource.OfCall advantages = source.advantages(chain, sampled, rewards, fresh);
        TrainedSteps steps = TrainedSteps.draw(method.steps(), chain.program(), chain.random("policy-gradient.steps"));

        SurrogateTerms terms = new SurrogateTerms(surrogate, chain, sampled);
        SweepPlan plan = steps.without(
                SweepPlan.of(chain.program()), chain.rows(), !method.window().none());
        for (int k = steps.trained().nextSetBit(0); k >= 0; k = steps.trained().nextSetBit(k + 1)) {
            plan = terms.addTo(plan, k, advantages.at(k), steps.scale());
        }
        GradientEstimate estimate = terms.report(GradientEstimate.of(chain.sweep(sampled, plan), rewards));
        if (fresh && surrogate.objective().usesRatios()) {
            estimate = withMismatch(estimate, chain, sampled, steps.trained(), terms.divisor());
        }
        if ((chain.update() + 1) % surrogate.updates() == 0) {
            source.learn(chain, sampled, rewards);
        }
        return estimate;
    }

    /** The largest mismatch of some trained steps, in units of the chosen log-probability. */
    private GradientEstimate withMismatch(
            GradientEstimate estimate, Chain chain, Trajectory sampled, BitSet trained, double divisor) {
        List<Integer> left = new ArrayList<>(trained.stream().boxed().toList());
        int count = chain.program().markov() ? Math.min(configuration.mismatchCalls(), left.size()) : 0;
        RandomGenerator random = chain.random("policy-gradient.mismatch");
        double largest = 0;
        for (int i = 0; i < count; i++) {
            int k = left.remove(random.nextInt(left.size()));
            largest = Math.max(largest, LogProbabilityMismatch.at(chain, sampled, k) / divisor);
        }
        return count == 0 ? estimate : estimate.with("log-probability-mismatch", largest);
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public Map<String, double[]> memory() {
        return source.memory();
    }

    @Override
    public void recall(Map<String, double[]> memory) {
        source.recall(memory);
    }

    @Override
    public List<Citation> citations() {
        return Source.of(configuration.preset(), method).stream()
                .map(Source::citation)
                .toList();
    }
}
