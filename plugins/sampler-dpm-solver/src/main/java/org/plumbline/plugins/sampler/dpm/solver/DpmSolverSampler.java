package org.plumbline.plugins.sampler.dpm.solver;

import jakarta.inject.Inject;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.plugin.Included;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.sampler.LevelSettings;
import org.plumbline.toolkit.sampler.Linear;
import org.plumbline.toolkit.sampler.ModelSettings;
import org.plumbline.toolkit.sampler.NoiseGrid;
import org.plumbline.toolkit.sampler.ProgramWriter;
import org.plumbline.toolkit.sampler.ThresholdingSettings;

/**
 * DPM-Solver and DPM-Solver++ of orders 1 to 3 as multistep methods, and their stochastic forms.
 *
 * <pre>
 *   D0 = m,  D1 = (m - m1) / r0,  r0 = h0 / h                              order 2
 *   D1 = D10 + r0 / (r0 + r1) (D10 - D11),  D2 = (D10 - D11) / (r0 + r1)   order 3, D10 and D11 as D1 of the two last pairs
 * </pre>
 *
 * <p>with m the prediction of this call, m1, m2 those of earlier ones, and the weights of {@link Expansion}. The order grows
 * from 1. The last step is of order 1 if it ends without noise, if asked, or, like the last but one of order 2, in chains
 * of fewer than 15 steps (lower_order_final).
 *
 * <p>D2 here is half of the second derivative, which a Taylor series would count twice; the authors' code and diffusers
 * count it once. Order 3 is therefore a method of order 2 with a smaller error, as it always was. The singlestep form has
 * the factor and order 3.
 *
 * <p>Registers: x and the last order - 1 predictions, the youngest first; one call per step. The deterministic form of the
 * stochastic algorithms is the ODE's of the same order. Sources: Lu et al., DPM-Solver, DPM-Solver++; settings and defaults
 * as in a scheduler_config.json of class DPMSolverMultistepScheduler.
 */
@Plugin(
        id = "dpm-solver",
        description = "DPM-Solver and DPM-Solver++ of orders 1 to 3, multistep, ODE or SDE",
        configuration = DpmSolverSampler.Configuration.class)
final class DpmSolverSampler implements Sampler {
    private static final Set<String> CLASSES = Set.of("DPMSolverMultistepScheduler");
    private static final int SHORT = 15;

    /**
     * Settings; those that are null are taken from the model.
     *
     * @param solverOrder highest order
     * @param algorithmType the form
     * @param solverType how D1 enters in order 2
     * @param lowerOrderFinal lower orders at the end of short chains
     * @param eulerAtFinal order 1 in the last step
     * @param levels which noise levels are visited
     * @param finalSigmasType where the last step ends
     * @param thresholding of the predicted sample
     */
    record Configuration(
            @Setting(description = "highest order; default: the model's, 2", min = 1, max = 3) @Nullable
            Integer solverOrder,

            @Setting(description = "dpmsolver, dpmsolver++, sde-dpmsolver or sde-dpmsolver++; default: the model's")
            @Nullable
            String algorithmType,

            @Setting(description = "midpoint or heun; default: the model's") @Nullable
            String solverType,

            @Setting(description = "lower orders at the end of chains below 15 steps; default: the model's") @Nullable
            Boolean lowerOrderFinal,

            @Setting(description = "order 1 in the last step; default: the model's") @Nullable
            Boolean eulerAtFinal,

            @Included LevelSettings levels,

            @Setting(description = "where the last step ends: zero or sigma_min; default: the model's") @Nullable
            String finalSigmasType,

            @Included ThresholdingSettings thresholding) {}

    private final Configuration configuration;

    @Inject
    DpmSolverSampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    /** What the steps are made of. */
    private record Method(Algorithm algorithm, boolean midpoint, int order, NoiseGrid grid, int[] orders) {}

    @Override
    public SamplerProgram program(Request request) {
        ModelSettings settings = ModelSettings.of("dpm-solver", request, CLASSES)
                .with("solver_order", configuration.solverOrder())
                .with("algorithm_type", configuration.algorithmType())
                .with("solver_type", configuration.solverType())
                .with("lower_order_final", configuration.lowerOrderFinal())
                .with("euler_at_final", configuration.eulerAtFinal())
                .with(configuration.levels())
                .with("final_sigmas_type", configuration.finalSigmasType())
                .with(configuration.thresholding());
        Algorithm algorithm = Algorithm.of(settings, request, Algorithm.values());
        boolean midpoint = SolverType.midpoint(settings);
        int order = settings.integer("solver_order", 2);
        NoiseGrid grid = SolverGrid.of(settings, request, SolverGrid.Rules.DPM_SOLVER);
        boolean lowers = settings.flag("lower_order_final", true);
        boolean euler = settings.flag("euler_at_final", false);
        OutputTransform transform = settings.thresholding();
        settings.lacks("variance_type", "none");
        settings.warnOfOthers();
        boolean toZero = grid.levels()[grid.steps()] == 0;
        if (order < 1 || order > 3 || (order == 3 && algorithm == Algorithm.SDE_NOISE)) {
            throw settings.unsupported("solver_order", order, "1 to 3, and 1 to 2 for sde-dpmsolver");
        }
        if (toZero && algorithm.quantity() == PredictionType.EPSILON) {
            throw settings.unsupported("final_sigmas_type", "zero", "sigma_min, for dpmsolver and sde-dpmsolver");
        }
        int[] orders = new int[grid.steps()];
        for (int i = request.firstStep(); i < orders.length; i++) {
            int left = orders.length - i;
            boolean shortChain = lowers && orders.length < SHORT;
            int most = left == 1 && (euler || shortChain || toZero) ? 1 : left == 2 && shortChain ? 2 : order;
            orders[i] = Math.min(Math.min(order, most), i - request.firstStep() + 1);
        }
        String name = "dpm-solver, " + algorithm.key() + " of order " + order + ", " + request.steps() + " steps";
        SamplerProgram program =
                table(new Method(algorithm, midpoint, order, grid, orders), request.firstStep(), transform, name);
        if (algorithm == algorithm.deterministic()) {
            return program;
        }
        Method silent = new Method(algorithm.deterministic(), midpoint, order, grid, orders);
        return program.withDeterministic(table(silent, request.firstStep(), transform, name + ", without noise"));
    }

    private static SamplerProgram table(Method method, int first, OutputTransform transform, String name) {
        ProgramWriter writer = new ProgramWriter(method.order, method.algorithm.quantity(), transform);
        Linear x = writer.register(0);
        for (int i = first; i < method.grid.steps(); i++) {
            TimePoint at = method.grid.at(i);
            Linear[] m = new Linear[method.order];
            m[0] = method.algorithm.quantity() == PredictionType.SAMPLE ? writer.sample(at, x) : writer.noise(at, x);
            for (int j = 1; j < m.length; j++) {
                m[j] = writer.register(j);
            }
            Expansion weights =
                    Expansion.of(method.algorithm, method.midpoint && method.orders[i] == 2, method.grid, i, i + 1);
            Linear[] next = new Linear[method.order];
            next[0] = next(x, m, weights, method.grid, i, method.orders[i]);
            for (int j = 1; j < next.length; j++) {
                next[j] = m[j - 1];
            }
            writer.call(at, 1, weights.noise(), next);
        }
        return writer.program(name, 1);
    }

    private static Linear next(Linear x, Linear[] m, Expansion weights, NoiseGrid grid, int i, int order) {
        Linear next = x.times(weights.state()).plus(weights.d0(), m[0]);
        if (order == 1 || grid.levels()[i] == grid.levels()[i + 1]) {
            return next;
        }
        double h = grid.lambda(i + 1) - grid.lambda(i);
        double r0 = (grid.lambda(i) - grid.lambda(i - 1)) / h;
        Linear first = m[0].minus(m[1]).times(1 / r0);
        if (order == 2) {
            return next.plus(weights.d1(), first);
        }
        double r1 = (grid.lambda(i - 1) - grid.lambda(i - 2)) / h;
        Linear bend = first.minus(m[1].minus(m[2]).times(1 / r1));
        return next.plus(weights.d1(), first.plus(r0 / (r0 + r1), bend)).plus(weights.d2(), bend.times(1 / (r0 + r1)));
    }

    @Override
    public List<Citation> citations() {
        return Sources.DPM_SOLVER;
    }
}
