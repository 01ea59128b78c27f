package org.plumbline.plugins.sampler.pf.ode;

import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.ExponentialIntegrator;
import org.plumbline.toolkit.sampler.FlowDomain;
import org.plumbline.toolkit.sampler.ModelSettings;

/**
 * Explicit Runge-Kutta methods on the probability flow without its linear part (exponential integrators): y = x / alpha,
 * dy/drho = eps over rho = sigma / alpha, or y = x / sigma, dy/dgamma = x0 over gamma = alpha / sigma.
 *
 * <p>It runs in continuous time from T = 1 to t_0 = 1 / N and ends there: no last step without noise. Euler in the noise
 * domain is DDIM with eta 0 on the same nodes. Every stage is a call, and the network is asked at the continuous time of
 * the stage. Registers: y and the slopes of a step. Sources: Zhang and Chen; Pan et al. (AdjointDPM).
 */
@Plugin(
        id = "pf-ode",
        description = "Runge-Kutta methods on the probability flow: euler, midpoint, heun, rk4",
        configuration = ProbabilityFlowSampler.Configuration.class)
final class ProbabilityFlowSampler implements Sampler {
    /**
     * Settings.
     *
     * @param solver the Runge-Kutta method
     * @param grid how the nodes are spread
     * @param domain the variables
     */
    record Configuration(
            @Setting(
                    description = "euler (1 call per step), midpoint, heun (2), rk4 or three-eighths (4)",
                    defaultValue = "heun")
            ButcherTableau solver,

            @Setting(
                    description =
                            "equal steps of time (time-uniform), of its root (time-quadratic), or of the log signal"
                                    + " to noise ratio (log-snr)",
                    defaultValue = "time-uniform")
            ExponentialIntegrator.Grid grid,

            @Setting(
                    description = "noise or data; default: noise, and data for models of flow matching, whose first"
                            + " node has no signal")
            @Nullable
            FlowDomain domain) {}

    private final Configuration configuration;

    @Inject
    ProbabilityFlowSampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public SamplerProgram program(Request request) {
        NoiseSchedule schedule = request.schedule();
        ModelSettings settings = ModelSettings.of("pf-ode", request, Set.of());
        settings.requireSteps(request, 1, schedule.trainSteps());
        boolean signal = Double.isFinite(schedule.logAlpha(1));
        FlowDomain wanted = configuration.domain();
        FlowDomain domain = wanted != null ? wanted : signal ? FlowDomain.NOISE : FlowDomain.DATA;
        boolean logSnr = configuration.grid() == ExponentialIntegrator.Grid.LOG_SNR;
        if (!signal && (domain == FlowDomain.NOISE || logSnr)) {
            throw settings.unsuited(
                    "a model whose first node has no signal, in "
                            + (logSnr ? "equal steps of log-snr" : "the noise domain"),
                    "domain: data and a grid of times",
                    "leave out domain and grid");
        }
        double[] times = configuration.grid().times(schedule, request.steps());
        SamplerProgram program = new ExponentialIntegrator(
                        schedule, domain, Arrays.copyOfRange(times, request.firstStep(), times.length))
                .program(configuration.solver());
        String grid = configuration.grid().name().toLowerCase(Locale.ROOT).replace('_', '-');
        return new SamplerProgram(
                program.name() + ", " + grid,
                program.wanted(),
                program.transform(),
                program.registers(),
                program.initScale(),
                program.calls(),
                program.output());
    }

    @Override
    public List<Citation> citations() {
        return List.of(
                new Citation(
                        "zhang2023deis",
                        "Zhang, Q., Chen, Y.",
                        "Fast sampling of diffusion models with exponential integrator",
                        2023,
                        "ICLR"),
                new Citation(
                        "pan2024adjointdpm",
                        "Pan, J., Liew, J. H., Tan, V. Y. F., Feng, J., Yan, H.",
                        "AdjointDPM: adjoint sensitivity method for gradient backpropagation of diffusion"
                                + " probabilistic models",
                        2024,
                        "ICLR"));
    }
}
