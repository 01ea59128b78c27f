package org.plumbline.plugins.estimator.adjoint.dpm;

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
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.ExponentialIntegrator;
import org.plumbline.toolkit.sampler.FlowDomain;
import org.plumbline.toolkit.sampler.FlowTable;

/**
 * AdjointDPM: the chain as an ordinary differential equation, its gradient by the adjoint equation.
 *
 * <p>With y = x / alpha and rho = sigma / alpha the probability-flow ODE is dy/drho = eps(alpha y), and the adjoint a =
 * dR/dy of the state and the gradient b of the parameters obey
 *
 * <pre>
 *   da/drho = - alpha J_x^T a        db/drho = - J_theta^T a
 * </pre>
 *
 * <p>with the Jacobians of eps at x = alpha y, integrated from the output back to the noise, starting from a = alpha_0
 * dR/dx_0. In the data domain the variables are y = x / sigma and gamma = alpha / sigma, and the slope is x0. Both
 * directions use one method: explicit Runge-Kutta, or Adams-Bashforth with coefficients for the unequal steps and a
 * Runge-Kutta start. The way back may have steps of its own; where its nodes are not nodes of the forward trajectory, the
 * state is interpolated between the four nearest ones, or integrated.
 *
 * <p>{@code compatibility: official} does what the published code does for Stable Diffusion instead: see
 * {@link PublishedGrid}. There {@code steps} counts nodes, rk4 is the three-eighths rule, the state is always reset at the
 * nodes, and {@code grid}, {@code domain}, {@code order} and {@code recorded} have no effect. Adams-Bashforth then uses the
 * coefficients of equal steps on unequal ones and grows to order eleven, which may blow up with many nodes; its way back is
 * the three-eighths rule in every step, as the integrator restarts at every node.
 *
 * <p><b>Estimand.</b> The gradient of E[R] under this solver's own samples, for weights, conditioning or initial noise.
 *
 * <p><b>Bias.</b> The adjoint equation is solved, not the solver transposed: an error O(h^p) against the exact gradient
 * of the same solver, p the method's order (Euler: tens of per cent at 20 steps). In the recorded form the state is reset
 * to the forward trajectory at every node; otherwise it is integrated backwards as well, which adds its own error. With
 * {@code exact} the transposed solver is swept instead: no bias at the same cost.
 *
 * <p><b>Variance.</b> That of the reward's gradient over prompts and initial noise; there is no other noise.
 *
 * <p><b>Cost per sample.</b> N steps of s stages forward, M steps backward: s N + s M forward and s M backward; 1 reward
 * with gradient. An Adams-Bashforth step of order p has one stage, but for the first p - 1, which have four. Memory: one
 * network graph and N latents (one latent if not recorded, in principle; how many the host keeps is its recording policy).
 *
 * <p><b>Needs.</b> A differentiable reward, vector-Jacobian products. The noise domain needs a schedule that holds signal
 * at its end; flow-matching models have a data domain only.
 *
 * <p>Source: Pan, Liew, Tan, Feng, Yan: AdjointDPM: adjoint sensitivity method for gradient backpropagation of diffusion
 * probabilistic models. ICLR 2024.
 */
@Plugin(
        id = "adjoint-dpm",
        description = "adjoint sensitivity on the probability-flow ODE, in the rho domain",
        configuration = AdjointDpm.Configuration.class)
final class AdjointDpm implements GradientEstimator {
    /** How the equations are solved. */
    enum Method {
        EULER(ButcherTableau.EULER),
        MIDPOINT(ButcherTableau.MIDPOINT),
        HEUN(ButcherTableau.HEUN),
        RK4(ButcherTableau.RK4),
        /** Started by the classical fourth order method. */
        ADAMS_BASHFORTH(ButcherTableau.RK4);

        private final ButcherTableau tableau;

        Method(ButcherTableau tableau) {
            this.tableau = tableau;
        }
    }

    /** Whose form of the method is used. */
    enum Compatibility {
        /** The equations of the paper. */
        PAPER,
        /** The published code. */
        OFFICIAL
    }

    /**
     * Settings.
     *
     * @param method solver, forwards and backwards
     * @param order of Adams-Bashforth
     * @param steps N, intervals of the grid; nodes in the official form
     * @param backwardSteps M, intervals of the way back
     * @param grid how the nodes are spread
     * @param domain variables of the equation
     * @param recorded whether the state is reset to the forward trajectory at every node
     * @param exact whether the transposed solver is swept instead of the adjoint equation
     * @param compatibility whose form of the method is used
     */
    record Configuration(
            @Setting(description = "euler, midpoint, heun, rk4 or adams-bashforth", defaultValue = "heun")
            Method method,

            @Setting(description = "order of adams-bashforth", defaultValue = "3", min = 2, max = 4)
            int order,

            @Setting(
                    description = "intervals of the grid; default: as many network calls as the study's sampler. If"
                            + " official, nodes; default: as many as the study's sampler has calls",
                    min = 1)
            @Nullable
            Integer steps,

            @Setting(description = "intervals of the way back; default: those of the way there", min = 1) @Nullable
            Integer backwardSteps,

            @Setting(description = "time-uniform, time-quadratic or log-snr", defaultValue = "time-uniform")
            ExponentialIntegrator.Grid grid,

            @Setting(
                    description = "noise: x / alpha over sigma / alpha; data: x / sigma over alpha / sigma",
                    defaultValue = "noise")
            FlowDomain domain,

            @Setting(description = "reset the state to the forward trajectory at every node", defaultValue = "true")
            boolean recorded,

            @Setting(
                    description = "sweep the transposed solver instead of the adjoint equation",
                    defaultValue = "false")
            boolean exact,

            @Setting(
                    description = "paper, or official: grid, times and scales of the published code",
                    defaultValue = "paper")
            Compatibility compatibility) {
        Configuration {
            if (compatibility == Compatibility.OFFICIAL) {
                if (method == Method.HEUN) {
                    throw new IllegalArgumentException(
                            "the published code has no heun; with compatibility: official choose euler, midpoint, rk4"
                                    + " or adams-bashforth");
                }
                if (backwardSteps != null) {
                    throw new IllegalArgumentException(
                            "the published code goes back over the nodes it came by; leave out backward-steps");
                }
                if (steps != null && steps < 2) {
                    throw new IllegalArgumentException("with compatibility: official, steps are nodes; at least 2");
                }
            }
            if (exact && backwardSteps != null) {
                throw new IllegalArgumentException(
                        "exact sweeps the solver's own steps; leave out backward-steps or exact");
            }
        }

        boolean official() {
            return compatibility == Compatibility.OFFICIAL;
        }
    }

    private final Configuration configuration;

    @Inject
    AdjointDpm(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<EstimatorTrait> traits() {
        Set<EstimatorTrait> traits = EnumSet.of(
                EstimatorTrait.NEEDS_REWARD_GRADIENT,
                EstimatorTrait.NEEDS_VJP,
                EstimatorTrait.CONSTANT_MEMORY_IN_STEPS);
        if (configuration.exact()) {
            traits.add(EstimatorTrait.UNBIASED);
        }
        return traits;
    }

    @Override
    public void check(ChainProfile profile) {
        NoiseSchedule schedule = profile.schedule();
        boolean noiseDomain = configuration.official() || configuration.domain() == FlowDomain.NOISE;
        if (!schedule.variancePreserving()
                && (noiseDomain || configuration.grid() == ExponentialIntegrator.Grid.LOG_SNR)) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'adjoint-dpm' with a flow-matching schedule, which begins without signal, "
                            + (noiseDomain ? "in the noise domain" : "on a grid of log-snr"))
                    .available("domain: data with grid: time-uniform or time-quadratic")
                    .remedy("set both, or use truncated-bp with cutoff: full, which is exact for every sampler")
                    .build();
        }
        checkSteps("steps", configuration.steps(), schedule);
        checkSteps("backward-steps", configuration.backwardSteps(), schedule);
    }

    private static void checkSteps(String setting, @Nullable Integer steps, NoiseSchedule schedule) {
        if (steps != null && steps > schedule.trainSteps()) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'adjoint-dpm' with " + setting + ": " + steps)
                    .available("1 to " + schedule.trainSteps() + ", the model's training steps")
                    .build();
        }
    }

    @Override
    public SamplerProgram program(ChainProfile profile) {
        int calls = profile.program().size();
        Integer asked = configuration.steps();
        int intervals = asked == null
                ? Math.min(
                        configuration.official() ? calls - 1 : steps(calls),
                        profile.schedule().trainSteps() - 1)
                : configuration.official() ? asked - 1 : asked;
        return forwards(profile.schedule(), Math.max(1, intervals)).program();
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        Trajectory sampled = chain.behaviour();
        double[] gradient = configuration.exact()
                ? chain.sweep(sampled, SweepPlan.of(chain.program()).fromReward(chain.rows()))
                : continuous(chain, sampled);
        return GradientEstimate.of(gradient, chain.rewards(sampled));
    }

    /** Integrates state, adjoint and parameter gradient from the output to the noise. */
    private double[] continuous(Chain chain, Trajectory sampled) {
        int steps = steps(chain.program().size());
        FlowTable forward = forwards(chain.schedule(), steps);
        FlowTable back = backwards(chain.schedule(), steps);
        Denoiser.GradientSink sink = chain.denoiser().sink();

        double[] mean = new double[chain.rows()];
        Arrays.fill(mean, forward.program().output()[0] / chain.rows());
        try (TensorArena arena = chain.arena().nested()) {
            Tensor end = sampled.state(forward.program().size());
            Tensor cotangent = arena.scaleRows(mean, chain.rewardGradient(sampled));
            Nodes nodes = new Nodes(forward, sampled);
            boolean recorded = configuration.recorded() || configuration.official();
            Tensor atNoise = new AdjointEquation(back, chain.denoiser(), sink)
                    .integrate(
                            arena,
                            end,
                            cotangent,
                            (into, node) -> recorded ? nodes.at(into, back.positions()[node]) : null);
            sink.initialState(Objects.requireNonNull(atNoise), 1);
        }
        return sink.gradient();
    }

    private FlowTable forwards(NoiseSchedule schedule, int steps) {
        boolean adams = configuration.method() == Method.ADAMS_BASHFORTH;
        if (configuration.official()) {
            PublishedGrid published = new PublishedGrid(schedule, steps + 1);
            return adams ? published.adamsForwards(publishedTableau()) : published.forwards(publishedTableau());
        }
        return solver(integrator(schedule, steps));
    }

    private FlowTable backwards(NoiseSchedule schedule, int steps) {
        if (configuration.official()) {
            return new PublishedGrid(schedule, steps + 1).backwards(publishedTableau());
        }
        int own = configuration.backwardSteps() == null ? steps : configuration.backwardSteps();
        return solver(integrator(schedule, own).reversed());
    }

    private FlowTable solver(ExponentialIntegrator integrator) {
        ButcherTableau tableau = configuration.method().tableau;
        return configuration.method() == Method.ADAMS_BASHFORTH
                ? integrator.adamsBashforth(configuration.order(), tableau)
                : integrator.table(tableau);
    }

    private ExponentialIntegrator integrator(NoiseSchedule schedule, int steps) {
        return new ExponentialIntegrator(
                schedule, configuration.domain(), configuration.grid().times(schedule, steps));
    }

    private ButcherTableau publishedTableau() {
        ButcherTableau tableau = configuration.method().tableau;
        return tableau == ButcherTableau.RK4 ? ButcherTableau.THREE_EIGHTHS : tableau;
    }

    /** How many steps make at most so many calls; at least one. */
    private int steps(int calls) {
        int stages = configuration.method().tableau.stages();
        if (configuration.method() != Method.ADAMS_BASHFORTH) {
            return Math.max(1, calls / stages);
        }
        int starting = configuration.official() ? 2 : configuration.order() - 1;
        return calls <= starting * stages ? Math.max(1, calls / stages) : calls - starting * (stages - 1);
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "pan2024adjointdpm",
                "Pan, J., Liew, J. H., Tan, V. Y. F., Feng, J., Yan, H.",
                "AdjointDPM: adjoint sensitivity method for gradient backpropagation of diffusion probabilistic models",
                2024,
                "ICLR"));
    }
}
