package org.plumbline.plugins.estimator.drtune;

import jakarta.inject.Inject;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.Judgement;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.toolkit.reward.RewardShaping;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * DRTune: the network's input is detached at every step, so that the adjoint travels through the sampler's linear part
 * alone, lambda_t = a_t lambda_(t-1), and never through a network Jacobian. That keeps it stable over the whole chain, and
 * K equally spaced steps are trained. The chain is stopped early, at a random step, and the reward is that of the clean
 * sample predicted there.
 *
 * <p><b>Estimand.</b> sum over the trained steps of (d step / d theta at held input)^T lambda, with lambda_0 = dR/dx0hat at
 * the predicted clean sample.
 *
 * <p><b>Bias.</b> The cross terms, by which an early step changes what the network sees later, are dropped; so are the
 * steps that are not trained; and with an early stop the reward is that of a prediction, which is also what the training
 * curve shows.
 *
 * <p><b>Variance.</b> Small, and without products of Jacobians: it does not grow with the distance to the output.
 *
 * <p><b>Cost per sample.</b> With e calls before the stop and K trained calls, e + 1 + K forward, K backward, one reward
 * with gradient. Memory: one network graph and the latents so far, since the steps are separable.
 *
 * <p><b>Needs.</b> A differentiable reward and vector-Jacobian products; a sampler whose calls at the stop see the state
 * register alone.
 *
 * <p>Source: Wu et al.: Deep reward supervisions for tuning text-to-image diffusion models. ECCV 2024. The draw of the stop
 * (uniform over the last early-stop of the steps) and of the trained steps (equally spaced among those before the stop, at
 * a random offset) and the defaults are those of the FlowBP authors' implementation.
 */
@Plugin(
        id = "drtune",
        description = "equally spaced steps with the denoiser's input detached, stopped early (DRTune)",
        configuration = DeepRewardTuning.Configuration.class)
final class DeepRewardTuning implements GradientEstimator {
    /**
     * Settings.
     *
     * @param trainedSteps K
     * @param earlyStop share of the steps, next to the output, of which one is drawn as the last
     * @param shaping what is done to the reward
     */
    record Configuration(
            @Setting(description = "how many calls are trained, K", defaultValue = "3", min = 1)
            int trainedSteps,

            @Setting(
                    description = "the chain is stopped at a random one of this share of the steps, next to the output;"
                            + " 0 for the last step always",
                    defaultValue = "0.4",
                    min = 0,
                    max = 1)
            double earlyStop,

            @Setting(description = "ceiling and scale of the reward")
            RewardShaping shaping) {}

    private final Configuration configuration;

    @Inject
    DeepRewardTuning(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<EstimatorTrait> traits() {
        return EnumSet.of(
                EstimatorTrait.NEEDS_REWARD_GRADIENT,
                EstimatorTrait.NEEDS_VJP,
                EstimatorTrait.CONSTANT_MEMORY_IN_STEPS);
    }

    @Override
    public void check(ChainProfile profile) {
        List<SamplerCall> calls = profile.program().calls();
        int earliest = calls.size() - stops(calls.size());
        if (configuration.trainedSteps() > earliest + 1) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'drtune' with trained-steps: " + configuration.trainedSteps()
                            + " and early-stop: " + configuration.earlyStop())
                    .available("1 to " + (earliest + 1) + ", the calls up to the earliest stop")
                    .remedy("lower trained-steps or early-stop")
                    .build();
        }
        if (profile.target() instanceof TrainableTarget.InitialNoise) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'drtune' with target initial-noise, which no trained step holds")
                    .remedy("train weights or the conditioning, or choose truncated-bp with cutoff: full")
                    .build();
        }
        for (int k = earliest; k < calls.size(); k++) {
            if (!calls.get(k).readsStateOnly()) {
                throw PlumblineException.of(StandardError.INCOMPATIBLE)
                        .asked("estimator 'drtune' with " + profile.program().name() + ", whose call " + k
                                + " mixes earlier outputs into the network's input")
                        .remedy("choose a sampler without such memory, for example ddim")
                        .build();
            }
        }
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        RandomGenerator random = chain.random("drtune.steps");
        int stop =
                chain.program().size() - random.nextInt(1, stops(chain.program().size()) + 1);
        BitSet trained = trained(random, stop + 1);
        SamplerCall call = chain.program().calls().get(stop);
        TensorArena arena = chain.arena();
        Denoiser denoiser = chain.denoiser();

        Trajectory sampled = chain.beginning(Math.max(1, stop));
        Tensor u = arena.combine(new double[] {call.stateScale()}, List.of(sampled.state(stop)));
        Tensor predicted = denoiser.predict(arena, u, call.at(), PredictionType.SAMPLE);
        Judgement judgement = chain.judge(predicted, chain.prompts());
        Tensor pushed = arena.scaleRows(configuration.shaping().weights(judgement.rewards()), judgement.gradient());

        // The prediction's own step, whose explicit dependence on u starts the linear path.
        Denoiser.GradientSink sink = denoiser.sink();
        Tensor explicit = denoiser.collect(
                arena, u, call.at(), PredictionType.SAMPLE, pushed, sink, trained.get(stop) ? 1.0 / chain.rows() : 0);
        double[] gradient = sink.gradient();
        if (explicit != null && stop > 0) {
            Tensor arriving = arena.combine(new double[] {call.stateScale()}, List.of(explicit));
            SweepPlan plan = SweepPlan.of(chain.program()).fromState(stop, arriving);
            for (int k = 0; k < stop; k++) {
                plan = plan.withoutInput(k);
                if (!trained.get(k)) {
                    plan = plan.withoutParameters(k);
                }
            }
            Vectors.addTo(gradient, 1, chain.sweep(sampled, plan));
        }
        return GradientEstimate.of(gradient, judgement.rewards())
                .with("stop", chain.program().size() - stop)
                .with("trained-calls", trained.cardinality());
    }

    /** The last so many calls are those at which the chain may stop; not at the first, where there is only noise. */
    private int stops(int calls) {
        return Math.max(1, Math.min(calls - 1, (int) Math.rint(calls * configuration.earlyStop())));
    }

    /** Equally spaced calls among the first so many, at a random offset. */
    BitSet trained(RandomGenerator random, int calls) {
        int count = configuration.trainedSteps();
        int stride = Math.max(1, calls / count);
        int first = random.nextInt(calls - (count - 1) * stride);
        BitSet trained = new BitSet();
        for (int i = 0; i < count; i++) {
            trained.set(first + i * stride);
        }
        return trained;
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "wu2024drtune",
                "Wu, X., Hao, Y., Zhang, M., Sun, K., Huang, Z., Song, G., Liu, Y., Li, H.",
                "Deep reward supervisions for tuning text-to-image diffusion models",
                2024,
                "ECCV"));
    }
}
