package org.plumbline.plugins.estimator.adjoint.dpm;

import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
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
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.ExponentialIntegrator;

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
 * dR/dx_0. Both directions use one explicit Runge-Kutta method on one grid.
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
 * <p><b>Cost per sample.</b> N steps of s stages: s N forward, then s N forward and s N backward; 1 reward with gradient.
 * Memory: one network graph and N latents (one latent if not recorded, in principle; the host keeps the forward
 * trajectory anyway).
 *
 * <p><b>Needs.</b> A differentiable reward, vector-Jacobian products, a variance preserving schedule.
 *
 * <p>Source: Pan, Liew, Tan, Feng, Yan: AdjointDPM: adjoint sensitivity method for gradient backpropagation of diffusion
 * probabilistic models. ICLR 2024.
 */
@Plugin(
        id = "adjoint-dpm",
        description = "adjoint sensitivity on the probability-flow ODE, in the rho domain",
        configuration = AdjointDpm.Configuration.class)
final class AdjointDpm implements GradientEstimator {
    /**
     * Settings.
     *
     * @param method Runge-Kutta method, forwards and backwards
     * @param steps N, intervals of the grid
     * @param grid how the nodes are spread
     * @param recorded whether the state is reset to the forward trajectory at every node
     * @param exact whether the transposed solver is swept instead of the adjoint equation
     */
    record Configuration(
            @Setting(description = "euler, midpoint, heun or rk4", defaultValue = "heun")
            ButcherTableau method,

            @Setting(
                    description = "intervals of the grid; default: as many network calls as the study's sampler",
                    min = 1)
            @Nullable
            Integer steps,

            @Setting(description = "time-uniform, time-quadratic or log-snr", defaultValue = "time-uniform")
            ExponentialIntegrator.Grid grid,

            @Setting(description = "reset the state to the forward trajectory at every node", defaultValue = "true")
            boolean recorded,

            @Setting(
                    description = "sweep the transposed solver instead of the adjoint equation",
                    defaultValue = "false")
            boolean exact) {}

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
        if (!profile.schedule().variancePreserving()) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'adjoint-dpm' with a flow-matching schedule")
                    .available("variance preserving schedules")
                    .remedy("use truncated-bp with cutoff: full, which is exact for every sampler")
                    .build();
        }
        int steps = steps(profile.program());
        if (steps > profile.schedule().trainSteps()) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'adjoint-dpm' with steps: " + steps)
                    .available("1 to " + profile.schedule().trainSteps() + ", the model's training steps")
                    .build();
        }
    }

    @Override
    public SamplerProgram program(ChainProfile profile) {
        return integrator(profile.schedule(), steps(profile.program())).program(configuration.method());
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
        int steps = chain.program().size() / configuration.method().stages();
        ExponentialIntegrator integrator = integrator(chain.schedule(), steps);
        double[] rho = integrator.nodes();
        Denoiser.GradientSink sink = chain.denoiser().sink();

        double alphaEnd = integrator.at(rho[steps]).alpha();
        double[] mean = new double[chain.rows()];
        Arrays.fill(mean, alphaEnd / chain.rows());
        TensorArena arena = chain.arena();
        Tensor y = arena.combine(new double[] {1 / alphaEnd}, List.of(sampled.output()));
        Tensor a = arena.scaleRows(mean, chain.rewardGradient(sampled));
        for (int i = steps; i > 0; i--) {
            Tensor start = configuration.recorded()
                    ? sampled.state(i * configuration.method().stages())
                    : y;
            try (TensorArena scratch = arena.nested()) {
                State next = step(chain, integrator, scratch, new State(start, a), rho[i], rho[i - 1], sink);
                y.close();
                a.close();
                y = arena.adopt(next.y);
                a = arena.adopt(next.a);
            }
        }
        sink.initialState(a, 1);
        return sink.gradient();
    }

    /** The state and its adjoint. */
    private record State(Tensor y, Tensor a) {}

    /** One Runge-Kutta step of the pair (y, a); b is a quadrature along the way and goes to the sink. */
    private State step(
            Chain chain,
            ExponentialIntegrator integrator,
            TensorArena arena,
            State at,
            double from,
            double to,
            Denoiser.GradientSink sink) {
        ButcherTableau tableau = configuration.method();
        double h = to - from;
        List<Tensor> slopesOfY = new ArrayList<>();
        List<Tensor> slopesOfA = new ArrayList<>();
        for (int i = 0; i < tableau.stages(); i++) {
            int stage = i;
            TimePoint point = integrator.at(from + tableau.c(i) * h);
            Tensor y = moved(arena, at.y, slopesOfY, j -> h * tableau.a(stage, j));
            Tensor a = moved(arena, at.a, slopesOfA, j -> h * tableau.a(stage, j));
            Tensor x = arena.combine(new double[] {point.alpha()}, List.of(y));
            Denoiser.Pulled pulled =
                    chain.denoiser().pullBack(arena, x, point, PredictionType.EPSILON, a, sink, -h * tableau.b(i));
            slopesOfY.add(pulled.output());
            slopesOfA.add(arena.combine(new double[] {-point.alpha()}, List.of(pulled.input())));
        }
        return new State(
                moved(arena, at.y, slopesOfY, j -> h * tableau.b(j)),
                moved(arena, at.a, slopesOfA, j -> h * tableau.b(j)));
    }

    private static Tensor moved(
            TensorArena arena, Tensor start, List<Tensor> slopes, java.util.function.IntToDoubleFunction weight) {
        double[] coefficients = new double[slopes.size() + 1];
        List<Tensor> terms = new ArrayList<>();
        coefficients[0] = 1;
        terms.add(start);
        for (int j = 0; j < slopes.size(); j++) {
            coefficients[j + 1] = weight.applyAsDouble(j);
            terms.add(slopes.get(j));
        }
        return arena.combine(coefficients, terms);
    }

    private ExponentialIntegrator integrator(NoiseSchedule schedule, int steps) {
        return new ExponentialIntegrator(schedule, configuration.grid().times(schedule, steps));
    }

    private int steps(SamplerProgram studys) {
        return configuration.steps() != null
                ? configuration.steps()
                : Math.max(1, studys.size() / configuration.method().stages());
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
