package org.plumbline.plugins.estimator.adjoint.deis;

import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
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
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.sampler.ExponentialIntegrator.Grid;
import org.plumbline.toolkit.sampler.LinearCombination;

/**
 * AdjointDEIS: the adjoint equation of the probability flow, or of the diffusion SDE, by an exponential multistep solver in
 * lambda = log (alpha / sigma).
 *
 * <p>From node i to the noisier node i + 1, with h_i = lambda_{i+1} - lambda_i &lt; 0, r_i = h_{i-1} / h_i and f = 1 for
 * the flow, 2 for the SDE,
 *
 * <pre>
 *   V_i = J_x^T a_i at x_i          D_i = (1 + 1/(2 r_i)) alpha_i^2 V_i - 1/(2 r_i) alpha_{i-1}^2 V_{i-1}
 *   a_{i+1} = (alpha_i / alpha_{i+1}) a_i + f sigma_{i+1} / alpha_{i+1}^2 (e^{h_i} - 1) D_i
 * </pre>
 *
 * <p>and the parameters' gradient likewise with alpha_i J_theta^T a_i and sigma_{i+1} / alpha_{i+1}. The first step, and
 * every step of the first order solver, has D_i = alpha_i^2 V_i. The noise of the SDE is additive, so the adjoint equation
 * has none: it runs along the states as they were sampled, with the same noise; only the network's terms are doubled.
 *
 * <p>The samples come from the {@link MultistepSolver} of the same order with N steps. The way back may have M &lt; N
 * steps: it then visits every (N / M)-th state of the forward trajectory.
 *
 * <p><b>Estimand.</b> The gradient of E[R] under this solver's own samples, for weights, conditioning or initial noise.
 *
 * <p><b>Bias.</b> O(h^order) against the exact gradient of the same samples, since the equation is solved and not the
 * solver transposed (for the SDE as a root mean square over paths: 16 and 3.5 per cent at 40 and 160 steps of first order on
 * a small network, 3.4 and 0.2 of second). The first order flow is AdjointDPM with Euler.
 *
 * <p><b>Variance.</b> That of the reward's gradient over prompts, initial noise and, for the SDE, the noise of the steps.
 *
 * <p><b>Cost per sample.</b> N forward, M forward and M backward; 1 reward with gradient. Memory: one network graph and N
 * latents.
 *
 * <p><b>Needs.</b> A differentiable reward, vector-Jacobian products, a schedule that holds signal at its end.
 *
 * <p>Source: Blasingame and Liu: AdjointDEIS: efficient gradients for diffusion models. NeurIPS 2024.
 */
@Plugin(
        id = "adjoint-deis",
        description = "exponential multistep solver of the adjoint equation, for the probability flow or the SDE",
        configuration = AdjointDeis.Configuration.class)
final class AdjointDeis implements GradientEstimator {
    /** The equation whose gradient is wanted. */
    enum Equation {
        /** The probability flow. */
        ODE,
        /** The diffusion SDE. */
        SDE
    }

    /**
     * Settings.
     *
     * @param equation what is solved
     * @param order of the solvers
     * @param steps N
     * @param backwardSteps M
     * @param grid how the nodes are spread
     */
    record Configuration(
            @Setting(description = "ode: the probability flow; sde: the diffusion with noise", defaultValue = "ode")
            Equation equation,

            @Setting(description = "1 (AdjointDEIS-1) or 2 (AdjointDEIS-2M)", defaultValue = "2", min = 1, max = 2)
            int order,

            @Setting(
                    description = "steps of the samples; default: as many as the study's sampler has network calls",
                    min = 1)
            @Nullable
            Integer steps,

            @Setting(description = "steps of the way back, at most those of the samples; default: as many", min = 1)
            @Nullable
            Integer backwardSteps,

            @Setting(description = "time-uniform, time-quadratic or log-snr", defaultValue = "log-snr")
            Grid grid) {}

    private final Configuration configuration;

    @Inject
    AdjointDeis(Configuration configuration) {
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
        refuseFlowMatching(profile);
        int steps = profile.program().size();
        if (steps > profile.schedule().trainSteps()) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'adjoint-deis' with steps: " + steps)
                    .available("1 to " + profile.schedule().trainSteps() + ", the model's training steps")
                    .build();
        }
        if (configuration.backwardSteps() != null && configuration.backwardSteps() > steps) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'adjoint-deis' with backward-steps: " + configuration.backwardSteps())
                    .available("1 to " + steps + ", since it visits states that were sampled")
                    .remedy("raise steps, or leave out backward-steps")
                    .build();
        }
    }

    private static void refuseFlowMatching(ChainProfile profile) {
        if (!profile.schedule().variancePreserving()) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'adjoint-deis' with a flow-matching schedule, which begins without signal")
                    .available("variance preserving schedules")
                    .remedy("use adjoint-dpm with domain: data, or truncated-bp with cutoff: full")
                    .build();
        }
    }

    @Override
    public SamplerProgram program(ChainProfile profile) {
        refuseFlowMatching(profile);
        int steps = configuration.steps() == null ? profile.program().size() : configuration.steps();
        boolean noise = configuration.equation() == Equation.SDE;
        return new MultistepSolver(nodes(profile.schedule(), steps), configuration.order(), noise).program();
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        Trajectory sampled = chain.behaviour();
        int steps = chain.program().size();
        List<TimePoint> nodes = nodes(chain.schedule(), steps);
        int[] visited = visited(steps);
        Back back = back(nodes, visited);

        double[] mean = new double[chain.rows()];
        Arrays.fill(mean, 1.0 / chain.rows());
        Denoiser.GradientSink sink = chain.denoiser().sink();
        try (TensorArena arena = chain.arena().nested()) {
            Tensor a = arena.scaleRows(mean, chain.rewardGradient(sampled));
            Tensor before = null;
            for (int i = 0; i < back.kept.length; i++) {
                TimePoint at = nodes.get(visited[i]);
                try (TensorArena scratch = arena.nested()) {
                    Denoiser.Pulled pulled = chain.denoiser()
                            .pullBack(
                                    scratch,
                                    sampled.state(visited[i]),
                                    at,
                                    PredictionType.EPSILON,
                                    a,
                                    sink,
                                    back.ofParameters[i]);
                    Tensor next = Objects.requireNonNull(new LinearCombination()
                            .add(back.kept[i], a)
                            .add(back.ofLatest[i], pulled.input())
                            .add(back.ofOneBefore[i], before)
                            .in(scratch));
                    a.close();
                    a = arena.adopt(next);
                    if (before != null) {
                        before.close();
                    }
                    before = arena.adopt(pulled.input());
                }
            }
            sink.initialState(a, 1);
        }
        return GradientEstimate.of(sink.gradient(), chain.rewards(sampled));
    }

    /**
     * The solver of the way back as numbers, one of each for every step.
     *
     * @param kept of a_i in a_{i+1}
     * @param ofLatest of J_x^T a_i in a_{i+1}
     * @param ofOneBefore of J_x^T a_{i-1} in a_{i+1}
     * @param ofParameters of J_theta^T a_i in the gradient
     */
    private record Back(double[] kept, double[] ofLatest, double[] ofOneBefore, double[] ofParameters) {}

    private Back back(List<TimePoint> nodes, int[] visited) {
        int steps = visited.length - 1;
        Back back = new Back(new double[steps], new double[steps], new double[steps], new double[steps]);
        double doubled = configuration.equation() == Equation.SDE ? 2 : 1;
        double previous = 0;
        for (int i = 0; i < steps; i++) {
            TimePoint at = nodes.get(visited[i]);
            TimePoint next = nodes.get(visited[i + 1]);
            double h = MultistepSolver.lambda(next) - MultistepSolver.lambda(at);
            double step = doubled * next.sigma() / next.alpha() * Math.expm1(h);
            double share = configuration.order() == 2 && i > 0 ? h / (2 * previous) : 0;
            back.kept[i] = at.alpha() / next.alpha();
            back.ofLatest[i] = step / next.alpha() * (1 + share) * at.alpha() * at.alpha();
            back.ofParameters[i] += step * (1 + share) * at.alpha();
            if (share != 0) {
                double alpha = nodes.get(visited[i - 1]).alpha();
                back.ofOneBefore[i] = -step / next.alpha() * share * alpha * alpha;
                back.ofParameters[i - 1] -= step * share * alpha;
            }
            previous = h;
        }
        return back;
    }

    /** The nodes of the way back among those of the samples, from the output to the noise. */
    private int[] visited(int steps) {
        int back = configuration.backwardSteps() == null ? steps : configuration.backwardSteps();
        int[] visited = new int[back + 1];
        Arrays.setAll(visited, i -> (int) Math.round((double) steps * (back - i) / back));
        return visited;
    }

    private List<TimePoint> nodes(NoiseSchedule schedule, int steps) {
        return Arrays.stream(configuration.grid().times(schedule, steps))
                .mapToObj(t -> TimePoint.ofTime(schedule, t))
                .toList();
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "blasingame2024adjointdeis",
                "Blasingame, Z. W., Liu, C.",
                "AdjointDEIS: efficient gradients for diffusion models",
                2024,
                "NeurIPS"));
    }
}
