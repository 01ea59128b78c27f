package org.plumbline.plugins.estimator.truncated.bp;

import jakarta.inject.Inject;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
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
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * The chain rule through the last K network calls, the steps before them taken as constant.
 *
 * <p><b>Estimand.</b> With K = T the gradient of E[R], exactly and per sample: the reward's gradient is swept through
 * the whole transposed chain (DRaFT, and the truth against which the other estimators are held). With K &lt; T the sum
 * stops early.
 *
 * <p><b>Cutoff.</b> Fixed (DRaFT-K; VADER's <i>last</i> is K = 1), or drawn uniformly from 1..T or from a rounded normal
 * distribution (AlignProp, VADER's <i>rand</i>). Drawn per update, one K serves the whole chain. Drawn per step, as in the
 * port of AlignProp to trl, every call compares its place with a K of its own: call t from the output is attached if
 * t &lt;= K_t, which leaves gaps. Unlike the published code we never draw K = 0, with which nothing would be learned.
 *
 * <p><b>Stopping.</b> STATE detaches the state before the earliest call of the attached run at the end (DRaFT).
 * PREDICTION detaches the predictions of all calls that are not attached, while the state keeps its linear path through
 * them (AlignProp). Without gaps both give the same gradient of weights and conditioning, since nothing that is trained
 * lies before the cutoff; with gaps PREDICTION also learns at the attached calls before a gap. For the initial noise they
 * differ always: under STATE no adjoint reaches it.
 *
 * <p><b>Bias.</b> Minus the contributions of the dropped calls, E[sum over i &gt; K of (d phi_i / d theta)^T prod over j
 * &lt; i of (d x_(j-1) / d x_j)^T dR/dx_0]; zero for K = T. With a random cutoff the bias is the mean over K. PREDICTION
 * with gaps replaces the Jacobians of detached steps by their linear part.
 *
 * <p><b>Variance.</b> Small, since the reward's gradient is used; it grows with K through the products of Jacobians.
 *
 * <p><b>Cost per sample.</b> T + K forward, K backward, one reward with gradient, with K the number of calls that are
 * swept with the network: detached calls cost nothing. Memory: one network graph and T latents, whatever K is, since
 * every step is replayed.
 *
 * <p><b>Needs.</b> A differentiable reward and vector-Jacobian products; any sampler. Under STATE, training the initial
 * noise needs all calls, since only the first one sees it.
 *
 * <p>Source: Clark, Vicol, Swersky, Fleet: DRaFT. ICLR 2024; Prabhudesai et al.: AlignProp. 2023; Prabhudesai et al.:
 * VADER. 2024.
 */
@Plugin(
        id = "truncated-bp",
        description = "back-propagation through the last K calls (DRaFT-K, AlignProp), or all of them",
        configuration = TruncatedBackPropagation.Configuration.class)
final class TruncatedBackPropagation implements GradientEstimator {
    /** How many of the last calls are differentiated. */
    enum Cutoff {
        /** Always {@code steps}. */
        FIXED,
        /** All: full back-propagation. */
        FULL,
        /** Drawn uniformly from 1 to all. */
        UNIFORM,
        /** Drawn from a rounded normal distribution, kept between 1 and all. */
        GAUSSIAN
    }

    /** When a random cutoff is drawn. */
    enum CutoffDraw {
        /** One for the whole chain. */
        PER_UPDATE,
        /** A new one at every call. */
        PER_STEP
    }

    /** What becomes of the calls that are not attached. */
    enum Stopping {
        /** The state before the attached run at the end is constant. */
        STATE,
        /** Their predictions are constant, and adjoints pass them by the linear path. */
        PREDICTION
    }

    /**
     * Settings.
     *
     * @param cutoff how many calls are differentiated
     * @param steps K of a fixed cutoff, mean of a Gaussian one
     * @param deviation standard deviation of a Gaussian cutoff
     * @param cutoffDraw when a random cutoff is drawn
     * @param stopping what becomes of the other calls
     */
    record Configuration(
            @Setting(
                    description = "how many of the last calls are differentiated: fixed, full, uniform, gaussian",
                    defaultValue = "fixed")
            Cutoff cutoff,

            @Setting(
                    description = "K of a fixed cutoff, mean of a gaussian one, in network calls",
                    defaultValue = "1",
                    min = 1)
            int steps,

            @Setting(
                    description = "standard deviation of a gaussian cutoff, in network calls",
                    defaultValue = "2",
                    min = 0)
            double deviation,

            @Setting(
                    description = "a random cutoff is drawn per-update (AlignProp) or per-step (its port to trl)",
                    defaultValue = "per-update")
            CutoffDraw cutoffDraw,

            @Setting(
                    description = "what is held of the other calls: the state, or their prediction while the state"
                            + " keeps its linear path; they differ with cutoff-draw: per-step",
                    defaultValue = "state")
            Stopping stopping) {}

    private final Configuration configuration;

    @Inject
    TruncatedBackPropagation(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<EstimatorTrait> traits() {
        Set<EstimatorTrait> traits = EnumSet.of(
                EstimatorTrait.NEEDS_REWARD_GRADIENT,
                EstimatorTrait.NEEDS_VJP,
                EstimatorTrait.CONSTANT_MEMORY_IN_STEPS);
        if (configuration.cutoff() == Cutoff.FULL) {
            traits.add(EstimatorTrait.UNBIASED);
        }
        return traits;
    }

    @Override
    public void check(ChainProfile profile) {
        int calls = profile.program().size();
        boolean counts = configuration.cutoff() == Cutoff.FIXED || configuration.cutoff() == Cutoff.GAUSSIAN;
        if (counts && configuration.steps() > calls) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'truncated-bp' with steps: " + configuration.steps())
                    .available("1 to " + calls + ", the sampler's network calls")
                    .remedy("lower steps, or set cutoff: full")
                    .build();
        }
        boolean all = configuration.cutoff() == Cutoff.FULL
                || (configuration.cutoff() == Cutoff.FIXED && configuration.steps() == calls);
        if (!all
                && configuration.stopping() == Stopping.STATE
                && profile.target() instanceof TrainableTarget.InitialNoise) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'truncated-bp' with a cutoff before the first call and target initial-noise,"
                            + " which no adjoint would reach")
                    .remedy("set cutoff: full, or stopping: prediction, or train weights or the conditioning")
                    .build();
        }
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        Trajectory sampled = chain.behaviour();
        BitSet attached =
                attached(chain.random("truncated-bp.cutoff"), chain.program().size());
        SweepPlan plan = switch (configuration.stopping()) {
            case STATE -> stateHeld(chain.program(), attached);
            case PREDICTION -> predictionsHeld(chain.program(), attached);
        };
        double[] gradient = chain.sweep(sampled, plan.fromReward(chain.rows()));
        return GradientEstimate.of(gradient, chain.rewards(sampled))
                .with("differentiated-calls", differentiated(attached, chain.program()));
    }

    /** The calls that are differentiated. */
    BitSet attached(RandomGenerator random, int calls) {
        BitSet attached = new BitSet();
        int ofUpdate = drawn(random, calls);
        for (int k = 0; k < calls; k++) {
            int steps = configuration.cutoffDraw() == CutoffDraw.PER_STEP ? drawn(random, calls) : ofUpdate;
            attached.set(k, calls - k <= steps);
        }
        return attached;
    }

    private int drawn(RandomGenerator random, int calls) {
        return switch (configuration.cutoff()) {
            case FIXED -> configuration.steps();
            case FULL -> calls;
            case UNIFORM -> random.nextInt(1, calls + 1);
            case GAUSSIAN -> {
                long drawn = Math.round(configuration.steps() + configuration.deviation() * random.nextGaussian());
                yield (int) Math.max(1, Math.min(calls, drawn));
            }
        };
    }

    private static SweepPlan stateHeld(SamplerProgram program, BitSet attached) {
        int lastDetached = attached.previousClearBit(program.size() - 1);
        SweepPlan plan = SweepPlan.of(program);
        return lastDetached < 0 ? plan : plan.stopBefore(lastDetached);
    }

    private static SweepPlan predictionsHeld(SamplerProgram program, BitSet attached) {
        SweepPlan plan = SweepPlan.of(program);
        for (int k = 0; k < program.size(); k++) {
            if (!attached.get(k)) {
                plan = plan.withoutParameters(k).withoutInput(k);
            }
        }
        return plan;
    }

    private int differentiated(BitSet attached, SamplerProgram program) {
        return configuration.stopping() == Stopping.STATE
                ? program.size() - 1 - attached.previousClearBit(program.size() - 1)
                : attached.cardinality();
    }

    @Override
    public List<Citation> citations() {
        return List.of(
                new Citation(
                        "clark2024draft",
                        "Clark, K., Vicol, P., Swersky, K., Fleet, D. J.",
                        "Directly fine-tuning diffusion models on differentiable rewards",
                        2024,
                        "ICLR"),
                new Citation(
                        "prabhudesai2023alignprop",
                        "Prabhudesai, M., Goyal, A., Pathak, D., Fragkiadaki, K.",
                        "Aligning text-to-image diffusion models with reward backpropagation",
                        2023,
                        "arXiv 2310.03739"),
                new Citation(
                        "prabhudesai2024vader",
                        "Prabhudesai, M., Mendonca, R., Qin, Z., Fragkiadaki, K., Pathak, D.",
                        "Video diffusion alignment via reward gradients",
                        2024,
                        "arXiv 2407.08737"));
    }
}
