package org.plumbline.plugins.estimator.rex;

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
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.ExponentialIntegrator.Grid;
import org.plumbline.toolkit.sampler.FlowDomain;
import org.plumbline.toolkit.sampler.LinearCombination;
import org.plumbline.toolkit.sampler.RungeKuttaStep;

/**
 * Rex: a solver of the probability flow that can be run backwards, and its exact gradient without recorded states.
 *
 * <p>The chain is a {@link CoupledFlow} of two states in the variables gamma = alpha / sigma, y = x / sigma. The way back
 * solves each of its steps for the states before it, algebraically, and transposes it there:
 *
 * <pre>
 *   z = z' + Psi_{-h}(s', y')                         ybar -= Psi_{-h}^T zbar'
 *   y = (y' - (1 - zeta) z - Psi_h(s, z)) / zeta      zbar += (1 - zeta) ybar + Psi_h^T ybar;  ybar *= zeta
 * </pre>
 *
 * <p><b>Estimand.</b> The gradient of E[R] under this solver's own samples, for weights, conditioning or initial noise.
 *
 * <p><b>Bias.</b> None but rounding: the states are made again up to rounding, which grows by 1 / zeta per step (at most
 * by 1.05 in 50 steps with zeta 0.999). Every estimate reports by how much the reconstructed initial state differs from
 * the real one, as {@code reconstruction-error}.
 *
 * <p><b>Variance.</b> That of the reward's gradient over prompts and initial noise.
 *
 * <p><b>Cost per sample.</b> N steps of a method of s stages: (2 N - 1) s forward; back again (2 N - 1) (2 s - 1) forward
 * and (2 N - 1) s backward; 1 reward with gradient. Memory: one network graph and two latents. Nothing of the trajectory
 * is asked for but its ends, so that the host may keep as little as it can: {@code recording: binomial} with one snapshot.
 *
 * <p><b>Needs.</b> A differentiable reward, vector-Jacobian products, a network that computes the same thing twice. In the
 * noise domain, rho = sigma / alpha, the difference of the two states grows like exp |L|, and with Euler it destroys the
 * samples (gradients off by 100 to 200 per cent at 10 to 50 steps): refused.
 *
 * <p>Source: Blasingame and Liu: Rex: a family of reversible exponential (stochastic) Runge-Kutta solvers. 2025; McCallum
 * and Foster: Efficient, accurate and stable gradients for neural ODEs. 2024.
 */
@Plugin(
        id = "rex",
        description = "exact gradient of a reversible solver of the probability flow, without recorded states",
        configuration = Rex.Configuration.class)
final class Rex implements GradientEstimator {
    /**
     * Settings.
     *
     * @param method whose increments are coupled
     * @param steps N
     * @param grid how the nodes are spread
     * @param domain variables of the equation
     * @param zeta how much of y is kept
     */
    record Configuration(
            @Setting(description = "euler, midpoint, heun, rk4 or three-eighths", defaultValue = "euler")
            ButcherTableau method,

            @Setting(
                    description = "intervals of the grid; default: about as many network calls as the study's sampler",
                    min = 1)
            @Nullable
            Integer steps,

            @Setting(description = "time-uniform, time-quadratic or log-snr", defaultValue = "log-snr")
            Grid grid,

            @Setting(
                    description = "data: x / sigma over alpha / sigma; noise: x / alpha over sigma / alpha",
                    defaultValue = "data")
            FlowDomain domain,

            @Setting(
                    description = "share of y that a step keeps, in (0, 1]; the rest is taken from z",
                    defaultValue = "0.999",
                    min = 0,
                    max = 1)
            double zeta) {
        Configuration {
            if (!(zeta > 0)) {
                throw new IllegalArgumentException("zeta: 0 keeps nothing of y, and no step could be undone");
            }
        }
    }

    private final Configuration configuration;

    @Inject
    Rex(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<EstimatorTrait> traits() {
        return EnumSet.of(
                EstimatorTrait.UNBIASED,
                EstimatorTrait.NEEDS_REWARD_GRADIENT,
                EstimatorTrait.NEEDS_VJP,
                EstimatorTrait.CONSTANT_MEMORY_IN_STEPS);
    }

    @Override
    public void check(ChainProfile profile) {
        NoiseSchedule schedule = profile.schedule();
        boolean noise = configuration.domain() == FlowDomain.NOISE;
        if (noise && configuration.method() == ButcherTableau.EULER) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'rex' with method: euler in domain: noise, where the two states drift apart"
                            + " exponentially: its gradients are off by 100 to 200 per cent")
                    .available("domain: data with every method; domain: noise with midpoint, heun, rk4, three-eighths")
                    .remedy("set domain: data")
                    .build();
        }
        if (!schedule.variancePreserving() && (noise || configuration.grid() == Grid.LOG_SNR)) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'rex' with a flow-matching schedule, which begins without signal, "
                            + (noise ? "in the noise domain" : "on a grid of log-snr"))
                    .available("domain: data with grid: time-uniform or time-quadratic")
                    .build();
        }
        if (configuration.steps() != null && configuration.steps() > schedule.trainSteps()) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'rex' with steps: " + configuration.steps())
                    .available("1 to " + schedule.trainSteps() + ", the model's training steps")
                    .build();
        }
    }

    @Override
    public SamplerProgram program(ChainProfile profile) {
        Integer asked = configuration.steps();
        return flow(profile.schedule(), asked == null ? steps(profile.program().size()) : asked)
                .program();
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        Trajectory sampled = chain.behaviour();
        CoupledFlow flow = flow(chain.schedule(), steps(chain.program().size()));
        double[] nodes = flow.nodes();
        RungeKuttaStep method =
                new RungeKuttaStep(configuration.domain(), configuration.method(), flow::at, chain.denoiser());
        Denoiser.GradientSink sink = chain.denoiser().sink();
        double zeta = configuration.zeta();
        double scale = configuration.domain().scale(flow.at(nodes[nodes.length - 1]));
        double[] mean = new double[chain.rows()];
        Arrays.fill(mean, scale / chain.rows());

        try (TensorArena arena = chain.arena().nested()) {
            Tensor y = arena.combine(new double[] {1 / scale}, List.of(sampled.output()));
            Tensor z = arena.combine(
                    new double[] {1}, List.of(sampled.state(chain.program().size())));
            Tensor ybar = arena.scaleRows(mean, chain.rewardGradient(sampled));
            Tensor zbar = null;
            for (int n = nodes.length - 2; n >= 0; n--) {
                double h = nodes[n + 1] - nodes[n];
                try (TensorArena scratch = arena.nested()) {
                    if (n + 2 < nodes.length) {
                        RungeKuttaStep.Pulled second =
                                method.pullBack(scratch, y, nodes[n + 1], -h, Objects.requireNonNull(zbar), sink, -1);
                        z = replaced(arena, z, combined(scratch, 1, z, 1, second.increment()));
                        ybar = replaced(arena, ybar, combined(scratch, 1, ybar, -1, second.input()));
                    }
                    RungeKuttaStep.Pulled first = method.pullBack(scratch, z, nodes[n], h, ybar, sink, 1);
                    y = replaced(
                            arena,
                            y,
                            combined(
                                    scratch,
                                    1 / zeta,
                                    combined(scratch, 1, y, -1, first.increment()),
                                    -(1 - zeta) / zeta,
                                    z));
                    Tensor reaching = combined(scratch, 1 - zeta, ybar, 1, first.input());
                    zbar = zbar == null
                            ? arena.adopt(reaching)
                            : replaced(arena, zbar, combined(scratch, 1, zbar, 1, reaching));
                    ybar = replaced(arena, ybar, combined(scratch, zeta, ybar, 0, ybar));
                }
            }
            sink.initialState(combined(arena, 1, ybar, 1, zbar), 1);
            double error = Math.max(distance(arena, y, sampled.initial()), distance(arena, z, sampled.initial()));
            return GradientEstimate.of(sink.gradient(), chain.rewards(sampled)).with("reconstruction-error", error);
        }
    }

    private static Tensor combined(TensorArena arena, double a, Tensor x, double b, @Nullable Tensor other) {
        return Objects.requireNonNull(
                new LinearCombination().add(a, x).add(b, other).in(arena));
    }

    private static Tensor replaced(TensorArena arena, Tensor old, Tensor next) {
        Tensor kept = arena.adopt(next);
        old.close();
        return kept;
    }

    /** |a - b| / |b| over all rows. */
    private static double distance(TensorArena arena, Tensor a, Tensor b) {
        Tensor difference = combined(arena, 1, a, -1, b);
        double square = Arrays.stream(arena.dotRows(difference, difference)).sum();
        return Math.sqrt(square / Arrays.stream(arena.dotRows(b, b)).sum());
    }

    private CoupledFlow flow(NoiseSchedule schedule, int steps) {
        return new CoupledFlow(
                schedule,
                configuration.domain(),
                configuration.method(),
                configuration.zeta(),
                configuration.grid().times(schedule, steps));
    }

    /** How many steps make at most so many calls, (2 N - 1) s; at least one. */
    private int steps(int calls) {
        return Math.max(1, (calls / configuration.method().stages() + 1) / 2);
    }

    @Override
    public List<Citation> citations() {
        return List.of(
                new Citation(
                        "blasingame2025rex",
                        "Blasingame, Z. W., Liu, C.",
                        "Rex: a family of reversible exponential (stochastic) Runge-Kutta solvers",
                        2025,
                        "arXiv 2502.08834"),
                new Citation(
                        "mccallum2024efficient",
                        "McCallum, S., Foster, J.",
                        "Efficient, accurate and stable gradients for neural ODEs",
                        2024,
                        "arXiv 2410.11648"));
    }
}
