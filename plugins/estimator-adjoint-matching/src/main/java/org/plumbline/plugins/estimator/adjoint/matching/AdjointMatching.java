package org.plumbline.plugins.estimator.adjoint.matching;

import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
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
import org.plumbline.spi.estimator.StepShift;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.toolkit.sampler.LinearCombination;

/**
 * Adjoint Matching: every noisy step is regressed on where the reward, seen through the pre-trained model, pulls it.
 *
 * <p>With mu_k and s_k mean and deviation of a step, lambda the multiplier of the reward and J_k the Jacobian of the
 * <em>pre-trained</em> step at the sampled state, the lean adjoint and the loss are
 *
 * <pre>
 *   a_K = -lambda dR/dx_0           a_k = J_k^T a_{k+1}
 *   loss = sum_k | (mu_k - mu_k of the pre-trained model) / s_k + s_k a_{k+1} |^2
 * </pre>
 *
 * <p>and neither states nor adjoints are differentiated. The estimate is minus half of the loss's gradient, so that at the
 * pre-trained model it is lambda times the exact gradient of E[R]. The published code takes a_k, the adjoint before the
 * step, in the place of a_{k+1}: {@code adjoint: before-step}. Both are the same in the limit of small steps; only the
 * one after the step makes the sentence above true, and the fixed point exact where the adjoint does not depend on the
 * sample.
 *
 * <p><b>Estimand.</b> Not the gradient of E[R]: a step towards the fixed point at which every control is the mean of
 * -s_k^2 a_{k+1} over the samples that pass its state. With a memoryless sampler that is the model which samples
 * p(x_0) exp(lambda R(x_0)), the optimum of lambda E[R] minus the divergence from the pre-trained model, as the steps
 * become small. The divergence need not be given as an anchor besides.
 *
 * <p><b>Bias.</b> None for that fixed point, in the limit of small steps; a subset of {@code steps} is weighted by how
 * probable each was to be drawn, so that its expectation is the whole sum. Against the gradient of E[R] it is biased
 * everywhere but at the pre-trained model. With noise that is not memoryless the fixed point keeps a share of the initial
 * noise's value function; {@code any-noise} allows it.
 *
 * <p><b>Variance.</b> Small: the reward's gradient is used, and only Jacobians of the pre-trained model are multiplied.
 *
 * <p><b>Cost per sample.</b> K calls, of which n are regressed: K forward; K - 1 forward and backward of the pre-trained
 * model; n forward of it; n forward and backward; 1 reward with gradient. Memory: one network graph, K latents, and n
 * latents.
 *
 * <p><b>Needs.</b> A differentiable reward, vector-Jacobian products, a sampler with one register and memoryless noise in
 * its steps (ddim with eta: 1). Weights or conditioning as target: initial noise has no control. Guidance, where it is
 * set, holds for samples, adjoint and control alike; the published code has it in the samples only.
 *
 * <p>Source: Domingo-Enrich, Drozdzal, Karrer, Chen: Adjoint Matching: fine-tuning flow and diffusion generative models
 * with memoryless stochastic optimal control. ICLR 2025.
 */
@Plugin(
        id = "adjoint-matching",
        description = "regression of every noisy step on the lean adjoint of the pre-trained model",
        configuration = AdjointMatching.Configuration.class)
final class AdjointMatching implements GradientEstimator {
    /** Share of the calls, from the noise on, that are the first of the two strata of drawn steps. */
    private static final double EARLY = 0.6;

    private static final double TOLERANCE = 1e-3;

    /** Which adjoint a step is regressed on. */
    enum Side {
        /** Of the state that the step makes. */
        AFTER_STEP,
        /** Of the state that it starts from, as published. */
        BEFORE_STEP
    }

    /**
     * Settings.
     *
     * @param rewardMultiplier lambda
     * @param steps n
     * @param adjoint which adjoint a step is regressed on
     * @param anyNoise whether noise that is not memoryless is accepted
     */
    record Configuration(
            @Setting(
                    description = "weight of the reward against the divergence from the pre-trained model",
                    defaultValue = "1",
                    min = 0)
            double rewardMultiplier,

            @Setting(
                    description = "how many steps are regressed per update, half of them among the first 60 % of the"
                            + " chain; default: all",
                    min = 2)
            @Nullable
            Integer steps,

            @Setting(description = "after-step, or before-step as in the published code", defaultValue = "after-step")
            Side adjoint,

            @Setting(description = "accept noise that is not memoryless", defaultValue = "false")
            boolean anyNoise) {}

    private final Configuration configuration;

    @Inject
    AdjointMatching(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<EstimatorTrait> traits() {
        return EnumSet.of(
                EstimatorTrait.NEEDS_REWARD_GRADIENT,
                EstimatorTrait.NEEDS_VJP,
                EstimatorTrait.NEEDS_STOCHASTIC_SAMPLER,
                EstimatorTrait.CONSTANT_MEMORY_IN_STEPS);
    }

    @Override
    public void check(ChainProfile profile) {
        List<SamplerCall> calls = profile.program().calls();
        if (profile.target() instanceof TrainableTarget.InitialNoise) {
            throw incompatible("target initial-noise, which moves no step", "train weights or the conditioning");
        }
        if (!profile.program().markov()) {
            throw incompatible(
                    profile.program().name() + ", which carries more than its state from step to step",
                    "choose ddim with eta: 1");
        }
        for (int k = 0; k + 1 < calls.size() && !configuration.anyNoise(); k++) {
            double wanted = memoryless(profile, k);
            double found = calls.get(k).noise();
            if (!(Math.abs(found - wanted) <= TOLERANCE * wanted)) {
                throw incompatible(
                        profile.program().name() + ", whose noise at call " + k + " is " + found + " and not the "
                                + wanted + " after which the chain has forgotten where it began",
                        "set the sampler's eta to 1, or any-noise: true to accept a fixed point that depends on the"
                                + " initial noise");
            }
        }
        Integer steps = configuration.steps();
        if (steps != null && steps > noisy(profile.program().calls()).cardinality()) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'adjoint-matching' with steps: " + steps)
                    .available("2 to " + noisy(profile.program().calls()).cardinality()
                            + ", the sampler's steps with noise")
                    .build();
        }
    }

    private static PlumblineException incompatible(String what, String remedy) {
        return PlumblineException.of(StandardError.INCOMPATIBLE)
                .asked("estimator 'adjoint-matching' with " + what)
                .remedy(remedy)
                .build();
    }

    /**
     * The noise of a step that leaves no trace of the noise in the state before it: s = sigma' sqrt(1 - (rho' / rho)^2) in
     * the units of the network's input, with rho = sigma / alpha. alpha' is read from the table.
     */
    private static double memoryless(ChainProfile profile, int k) {
        SamplerCall call = profile.program().calls().get(k);
        double scale = inputScale(call);
        double nextScale = inputScale(profile.program().calls().get(k + 1));
        double kept = call.transition()[0][0] * nextScale / scale * call.at().alpha();
        double alpha = switch (profile.program().wanted()) {
            case SAMPLE -> kept + (call.ofOutput()[0] + call.ofRaw()[0]) * nextScale;
            default -> kept;
        };
        double sigma = profile.schedule().sigmaOfAlpha(alpha);
        double ratio = sigma / alpha * call.at().alpha() / call.at().sigma();
        return sigma * Math.sqrt(Math.max(0, 1 - ratio * ratio)) / nextScale;
    }

    private static double inputScale(SamplerCall call) {
        return call.inputScale() * call.inputWeights()[0];
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        Trajectory sampled = chain.behaviour();
        List<SamplerCall> calls = chain.program().calls();
        double[] weights = drawn(noisy(calls), calls.size(), chain.random("adjoint-matching.steps"));
        int earliest = 0;
        while (weights[earliest] == 0) {
            earliest++;
        }

        SweepPlan plan = SweepPlan.of(chain.program());
        double loss = 0;
        double divergence = 0;
        try (TensorArena arena = chain.arena().nested()) {
            // lambda dR/dx: minus the lean adjoint.
            Tensor pull = arena.combine(
                    new double[] {
                        configuration.rewardMultiplier() * chain.program().output()[0]
                    },
                    List.of(chain.rewardGradient(sampled)));
            boolean before = configuration.adjoint() == Side.BEFORE_STEP;
            for (int k = calls.size() - 1; k >= earliest; k--) {
                Tensor after = pull;
                boolean goesOn = before || k > earliest;
                if (goesOn) {
                    pull = through(arena, chain, sampled, k, after);
                }
                if (weights[k] != 0) {
                    StepShift shift = chain.shift(sampled, k);
                    Tensor residual = arena.combine(
                            new double[] {calls.get(k).noise(), -1}, List.of(before ? pull : after, shift.shift()));
                    double[] ofRows = new double[chain.rows()];
                    Arrays.fill(ofRows, weights[k]);
                    plan = plan.cut(k, ofRows, residual);
                    loss += weights[k] * mean(arena.dotRows(residual, residual));
                    divergence += weights[k] * mean(shift.divergence());
                    shift.shift().close();
                } else {
                    plan = plan.stopBefore(k);
                }
                if (goesOn) {
                    after.close();
                }
            }
            if (earliest > 0) {
                plan = plan.stopBefore(earliest - 1);
            }
            return GradientEstimate.of(chain.sweep(sampled, plan), chain.rewards(sampled))
                    .with("matching-loss", loss)
                    .with("divergence", divergence);
        }
    }

    /** A cotangent of the state after a call, pulled back through the pre-trained model's step. */
    private static Tensor through(TensorArena arena, Chain chain, Trajectory sampled, int k, Tensor after) {
        SamplerCall call = chain.program().calls().get(k);
        Denoiser reference = chain.reference();
        try (TensorArena scratch = arena.nested()) {
            Tensor u = scratch.combine(new double[] {inputScale(call)}, List.of(sampled.state(k)));
            LinearCombination ofPrediction = new LinearCombination().add(call.ofRaw()[0], after);
            if (chain.program().transform().identity()) {
                ofPrediction.add(call.ofOutput()[0], after);
            } else {
                Tensor h =
                        reference.predict(scratch, u, call.at(), chain.program().wanted());
                double[] transformed =
                        chain.program().transform().pullBack(h.toDoubles(), after.toDoubles(), chain.rows());
                ofPrediction.add(call.ofOutput()[0], scratch.tensor(transformed, after.shape()));
            }
            Tensor cotangent = ofPrediction.in(scratch);
            LinearCombination sum = new LinearCombination().add(call.transition()[0][0], after);
            if (cotangent != null) {
                Denoiser.Pulled pulled = reference.pullBackInput(
                        scratch, u, call.at(), chain.program().wanted(), cotangent);
                sum.add(inputScale(call), pulled.input());
            }
            return arena.adopt(Objects.requireNonNull(sum.in(scratch)));
        }
    }

    private static BitSet noisy(List<SamplerCall> calls) {
        BitSet noisy = new BitSet();
        for (int k = 0; k < calls.size(); k++) {
            noisy.set(k, calls.get(k).stochastic());
        }
        return noisy;
    }

    /** How much every call counts: 0 if it was not drawn, else one over the probability that it was. */
    private double[] drawn(BitSet noisy, int calls, RandomGenerator random) {
        double[] weights = new double[calls];
        int[] all = noisy.stream().toArray();
        int wanted = configuration.steps() == null ? all.length : configuration.steps();
        int boundary = (int) Math.round(EARLY * calls);
        int[] early = Arrays.stream(all).filter(k -> k < boundary).toArray();
        int[] late = Arrays.stream(all).filter(k -> k >= boundary).toArray();
        int ofEarly = Math.max(wanted - late.length, Math.min(early.length, wanted / 2));
        draw(weights, early, ofEarly, random);
        draw(weights, late, wanted - ofEarly, random);
        return weights;
    }

    private static void draw(double[] weights, int[] from, int count, RandomGenerator random) {
        int[] order = from.clone();
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i, order.length);
            int chosen = order[j];
            order[j] = order[i];
            order[i] = chosen;
            weights[chosen] = (double) from.length / count;
        }
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "domingoenrich2025adjoint",
                "Domingo-Enrich, C., Drozdzal, M., Karrer, B., Chen, R. T. Q.",
                "Adjoint Matching: fine-tuning flow and diffusion generative models with memoryless stochastic optimal"
                        + " control",
                2025,
                "ICLR"));
    }
}
