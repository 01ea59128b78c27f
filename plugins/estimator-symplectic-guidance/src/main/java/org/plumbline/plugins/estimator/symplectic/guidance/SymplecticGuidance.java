package org.plumbline.plugins.estimator.symplectic.guidance;

import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
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
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.FlowDomain;
import org.plumbline.toolkit.sampler.RungeKuttaStep;

/**
 * Symplectic adjoint guidance as a gradient estimator: from a drawn step of the chain a few steps of the probability flow,
 * n &lt;&lt; N, predict the clean image, and the reward of that image is differentiated through these steps exactly.
 *
 * <p>For every update one call k is drawn. The state x_k is carried to t_0 by n Runge-Kutta steps with equal steps of log
 * (alpha / sigma), in the noise domain (type 1: x / alpha over sigma / alpha, with slope eps) or in the data domain (type
 * 2: x / sigma over alpha / sigma, with slope x0). The way back is the {@linkplain RungeKuttaStep transposed} method, which
 * is the symplectic adjoint of the steps. With {@code through-chain} the adjoint of x_k goes on through the sampled steps
 * 0 to k - 1; otherwise x_k counts as given.
 *
 * <p>What the method was published for, moving the latents while sampling, is a sampler's business and not done here.
 *
 * <p><b>Estimand.</b> The gradient of E[R(x_0 predicted from x_k)], the mean over k: for weights and conditioning, and
 * with {@code through-chain} for initial noise.
 *
 * <p><b>Bias.</b> Against E[R] of the samples: the rest of the chain is replaced by n steps of another solver, and without
 * {@code through-chain} the calls before k are not differentiated. Against its own estimand none.
 *
 * <p><b>Variance.</b> That of the reward's gradient over prompts and noise, and the spread over k.
 *
 * <p><b>Cost per sample.</b> A chain of K calls and n steps of s stages: K + s n forward; (2 s - 1) n forward and s n
 * backward; with {@code through-chain} k forward and k backward more. 2 rewards, one with a gradient: of the sample, for
 * the training curve, and of the prediction. Memory: one network graph, K and n latents.
 *
 * <p><b>Needs.</b> A differentiable reward, vector-Jacobian products, a sampler whose network sees a multiple of its state.
 *
 * <p>Source: Pan, Yan, Liew, Feng, Tan: Towards accurate guided diffusion sampling through symplectic adjoint method. 2023.
 */
@Plugin(
        id = "symplectic-guidance",
        description = "exact gradient of a few flow steps from a drawn step of the chain (SAG)",
        configuration = SymplecticGuidance.Configuration.class)
final class SymplecticGuidance implements GradientEstimator {
    /**
     * Settings.
     *
     * @param steps n
     * @param method of the steps
     * @param domain noise is type 1, data is type 2
     * @param from where the drawn calls begin
     * @param to where they end
     * @param throughChain whether the sampled steps before are differentiated too
     */
    record Configuration(
            @Setting(description = "steps of the flow from the drawn state to the output", defaultValue = "4", min = 1)
            int steps,

            @Setting(description = "euler, midpoint, heun, rk4 or three-eighths", defaultValue = "euler")
            ButcherTableau method,

            @Setting(description = "noise: the published type 1; data: type 2", defaultValue = "noise")
            FlowDomain domain,

            @Setting(
                    description = "drawn calls lie after this share of the chain",
                    defaultValue = "0",
                    min = 0,
                    max = 1)
            double from,

            @Setting(
                    description = "drawn calls lie before this share of the chain",
                    defaultValue = "1",
                    min = 0,
                    max = 1)
            double to,

            @Setting(description = "differentiate the sampled steps before the drawn one too", defaultValue = "false")
            boolean throughChain) {
        Configuration {
            if (!(from < to)) {
                throw new IllegalArgumentException("from: " + from + " is not before to: " + to);
            }
        }
    }

    private final Configuration configuration;

    @Inject
    SymplecticGuidance(Configuration configuration) {
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
        if (profile.target() instanceof TrainableTarget.InitialNoise && !configuration.throughChain()) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'symplectic-guidance' with target initial-noise, which no adjoint would reach")
                    .remedy("set through-chain: true, or train weights or the conditioning")
                    .build();
        }
        boolean seesState = profile.program().calls().stream()
                .allMatch(call -> Arrays.stream(call.inputWeights()).skip(1).allMatch(w -> w == 0));
        if (!seesState) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'symplectic-guidance' with "
                            + profile.program().name() + ", whose network sees more than the state")
                    .remedy("choose another sampler, such as ddim")
                    .build();
        }
        if (candidates(profile.program(), profile.schedule()).length == 0) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'symplectic-guidance' from: " + configuration.from() + " to: "
                            + configuration.to() + " of "
                            + profile.program().size()
                            + " calls, where no call is noisier than the model's first training step")
                    .remedy("widen the range, or take more steps")
                    .build();
        }
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        Trajectory sampled = chain.behaviour();
        int[] candidates = candidates(chain.program(), chain.schedule());
        int k = candidates[chain.random("symplectic-guidance.call").nextInt(candidates.length)];
        SamplerCall call = chain.program().calls().get(k);
        FlowDomain domain = configuration.domain();
        double[] nodes = nodes(call.at(), chain.schedule());
        RungeKuttaStep method = new RungeKuttaStep(
                domain, configuration.method(), position -> domain.at(chain.schedule(), position), chain.denoiser());

        // x = inputScale * state, y = x / scale.
        double ofState = call.inputScale() * call.inputWeights()[0] / domain.scale(call.at());
        double ofOutput = domain.scale(domain.at(chain.schedule(), nodes[nodes.length - 1]));
        Denoiser.GradientSink sink = chain.denoiser().sink();
        int rows = chain.rows();
        double[] passed = new double[0];
        double[] predictedRewards;
        try (TensorArena arena = chain.arena().nested()) {
            List<Tensor> y = new ArrayList<>();
            y.add(arena.combine(new double[] {ofState}, List.of(sampled.state(k))));
            for (int i = 0; i < configuration.steps(); i++) {
                y.add(sum(arena, y.get(i), method.increment(arena, y.get(i), nodes[i], nodes[i + 1] - nodes[i])));
            }
            Judgement judged = chain.judge(
                    arena.combine(new double[] {ofOutput}, List.of(y.get(configuration.steps()))), chain.prompts());
            predictedRewards = judged.rewards();
            Tensor adjoint = arena.combine(new double[] {ofOutput}, List.of(judged.gradient()));
            for (int i = configuration.steps() - 1; i >= 0; i--) {
                RungeKuttaStep.Pulled pulled =
                        method.pullBack(arena, y.get(i), nodes[i], nodes[i + 1] - nodes[i], adjoint, sink, 1.0 / rows);
                adjoint = sum(arena, adjoint, pulled.input());
            }
            if (configuration.throughChain()) {
                Tensor atState = arena.combine(new double[] {ofState}, List.of(adjoint));
                if (k == 0) {
                    sink.initialState(atState, 1.0 / rows);
                } else {
                    passed = chain.sweep(sampled, SweepPlan.of(chain.program()).fromState(k, atState));
                }
            }
        }
        double[] gradient = sink.gradient();
        for (int i = 0; i < passed.length; i++) {
            gradient[i] += passed[i];
        }
        return GradientEstimate.of(gradient, chain.rewards(sampled))
                .with("drawn-call", k)
                .with(
                        "predicted-reward",
                        Arrays.stream(predictedRewards).average().orElseThrow());
    }

    private static Tensor sum(TensorArena arena, Tensor a, Tensor b) {
        return arena.combine(new double[] {1, 1}, List.of(a, b));
    }

    /** The calls that may be drawn: those that are noisier than t_0. */
    private int[] candidates(SamplerProgram program, NoiseSchedule schedule) {
        double last = lambda(TimePoint.ofTime(schedule, 1.0 / schedule.trainSteps()));
        int begin = (int) Math.floor(configuration.from() * program.size());
        int end = (int) Math.ceil(configuration.to() * program.size());
        return IntStream.range(begin, end)
                .filter(k -> lambda(program.calls().get(k).at()) < last - 1e-9)
                .filter(k -> program.calls().get(k).at().alpha() > 0)
                .toArray();
    }

    /** Positions with equal steps of log (alpha / sigma), from a call to t_0. */
    private double[] nodes(TimePoint at, NoiseSchedule schedule) {
        double first = configuration.domain().position(at);
        double last = configuration.domain().position(schedule, 1.0 / schedule.trainSteps());
        double[] nodes = new double[configuration.steps() + 1];
        Arrays.setAll(nodes, i -> first * Math.pow(last / first, (double) i / configuration.steps()));
        return nodes;
    }

    private static double lambda(TimePoint at) {
        return Math.log(at.alpha() / at.sigma());
    }

    @Override
    public List<Citation> citations() {
        return List.of(
                new Citation(
                        "pan2023towards",
                        "Pan, J., Yan, H., Liew, J. H., Feng, J., Tan, V. Y. F.",
                        "Towards accurate guided diffusion sampling through symplectic adjoint method",
                        2023,
                        "arXiv 2312.12030"),
                new Citation(
                        "matsubara2021symplectic",
                        "Matsubara, T., Miyatake, Y., Yaguchi, T.",
                        "Symplectic adjoint method for exact gradient of neural ODE with minimal memory",
                        2021,
                        "NeurIPS"));
    }
}
