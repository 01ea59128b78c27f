package org.plumbline.plugins.sampler.dpm.solver;

import jakarta.inject.Inject;
import java.util.ArrayList;
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
import org.plumbline.toolkit.sampler.Linear;
import org.plumbline.toolkit.sampler.ModelSettings;
import org.plumbline.toolkit.sampler.NoiseGrid;
import org.plumbline.toolkit.sampler.ProgramWriter;
import org.plumbline.toolkit.sampler.SigmaSpacing;
import org.plumbline.toolkit.sampler.ThresholdingSettings;

/**
 * DPM-Solver and DPM-Solver++ as singlestep methods, as in the papers: a group of up to three steps is one step of a
 * Runge-Kutta method, whose stages lie at the nodes inside.
 *
 * <p>A step of order p goes from the first node of its group, p - 1 nodes back, to the next node, by a polynomial through
 * the p predictions of the group. Groups are (1, 2) or (1, 2, 3); at the end (lower_order_final) or where the number of
 * steps does not divide, shorter ones. With an end without noise the last step is of order 1.
 *
 * <pre>
 *   order 2: D0 = m1,  D1 = (m0 - m1) / r0
 *   order 3: D0 = m2,  D10 = (m1 - m2) / r1,  D11 = (m0 - m2) / r0,
 *            midpoint: D1 = D11;  heun: D1 = (r0 D10 - r1 D11) / (r0 - r1), D2 = 2 (D11 - D10) / (r0 - r1)
 * </pre>
 *
 * <p>with m0 the prediction of this call, m1, m2 those before, r the parts of the whole step in lambda, and the weights of
 * {@link Expansion}. Registers: the point where the network is asked, the sample at the start of the group, the last order -
 * 1 predictions. One call per step. Sources: Lu et al., DPM-Solver, DPM-Solver++; settings and defaults as in a
 * scheduler_config.json of class DPMSolverSinglestepScheduler.
 */
@Plugin(
        id = "dpm-solver-singlestep",
        description = "DPM-Solver and DPM-Solver++ of orders 1 to 3, singlestep, ODE or SDE",
        configuration = DpmSolverSinglestepSampler.Configuration.class)
final class DpmSolverSinglestepSampler implements Sampler {
    private static final Set<String> CLASSES = Set.of("DPMSolverSinglestepScheduler");
    private static final int BASE = 1;

    /**
     * Settings; those that are null are taken from the model.
     *
     * @param solverOrder highest order
     * @param algorithmType the form
     * @param solverType how differences enter
     * @param lowerOrderFinal lower orders at the end
     * @param sigmas how the levels are spread
     * @param finalSigmasType where the last step ends
     * @param thresholding of the predicted sample
     */
    record Configuration(
            @Setting(description = "highest order; default: the model's, 2", min = 1, max = 3) @Nullable
            Integer solverOrder,

            @Setting(description = "dpmsolver, dpmsolver++ or sde-dpmsolver++; default: the model's") @Nullable
            String algorithmType,

            @Setting(description = "midpoint or heun; default: the model's") @Nullable
            String solverType,

            @Setting(description = "lower orders at the end; default: the model's") @Nullable
            Boolean lowerOrderFinal,

            @Setting(description = "levels of noise: timesteps, karras, exponential or beta; default: the model's")
            @Nullable
            SigmaSpacing sigmas,

            @Setting(description = "where the last step ends: zero or sigma_min; default: the model's") @Nullable
            String finalSigmasType,

            @Included ThresholdingSettings thresholding) {}

    private final Configuration configuration;

    @Inject
    DpmSolverSinglestepSampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    @Override
    public SamplerProgram program(Request request) {
        ModelSettings settings = ModelSettings.of("dpm-solver-singlestep", request, CLASSES)
                .with("solver_order", configuration.solverOrder())
                .with("algorithm_type", configuration.algorithmType())
                .with("solver_type", configuration.solverType())
                .with("lower_order_final", configuration.lowerOrderFinal())
                .with(configuration.sigmas())
                .with("final_sigmas_type", configuration.finalSigmasType())
                .with(configuration.thresholding());
        Algorithm algorithm = Algorithm.of(settings, request, Algorithm.NOISE, Algorithm.DATA, Algorithm.SDE_DATA);
        boolean midpoint = SolverType.midpoint(settings);
        int order = settings.integer("solver_order", 2);
        NoiseGrid grid = SolverGrid.of(settings, request, SolverGrid.Rules.SINGLE_STEP);
        boolean lowers = settings.flag("lower_order_final", false);
        OutputTransform transform = settings.thresholding();
        settings.lacks("variance_type", "none");
        settings.warnOfOthers();
        boolean toZero = grid.levels()[grid.steps()] == 0;
        if (order < 1 || order > 3) {
            throw settings.unsupported("solver_order", order, "1 to 3");
        }
        if (toZero && algorithm == Algorithm.NOISE) {
            throw settings.unsupported("final_sigmas_type", "zero", "sigma_min, for dpmsolver");
        }
        List<Integer> orders = orders(grid.steps(), order, lowers || toZero || grid.steps() % order != 0);
        if (toZero) {
            orders.set(grid.steps() - 1, 1);
        }
        for (int i = request.firstStep(); i < grid.steps(); i++) {
            orders.set(i, Math.min(orders.get(i), i - request.firstStep() + 1));
        }
        Method method = new Method(algorithm, midpoint, order, grid, orders);
        String name =
                "dpm-solver-singlestep, " + algorithm.key() + " of order " + order + ", " + request.steps() + " steps";
        SamplerProgram program = method.table(request.firstStep(), transform, name);
        if (algorithm == algorithm.deterministic()) {
            return program;
        }
        return program.withDeterministic(new Method(algorithm.deterministic(), midpoint, order, grid, orders)
                .table(request.firstStep(), transform, name + ", without noise"));
    }

    /** The order of every step: 1, 2, .., order again and again; with {@code lowers} the end is made of shorter groups. */
    private static List<Integer> orders(int steps, int order, boolean lowers) {
        List<Integer> orders = new ArrayList<>();
        int whole = lowers && steps % order == 0 ? steps - order : steps - steps % order;
        for (int i = 0; i < whole; i++) {
            orders.add(i % order + 1);
        }
        int left = steps - whole;
        // A last whole group gives up its highest order: (1, 1) for 2, (1, 2, 1) for 3.
        for (int i = 0; i < left; i++) {
            orders.add(left == order && i == left - 1 ? 1 : i + 1);
        }
        return orders;
    }

    /** What the steps are made of. */
    private record Method(Algorithm algorithm, boolean midpoint, int order, NoiseGrid grid, List<Integer> orders) {
        SamplerProgram table(int first, OutputTransform transform, String name) {
            ProgramWriter writer = new ProgramWriter(1 + order, algorithm.quantity(), transform);
            Linear x = writer.register(0);
            for (int i = first; i < grid.steps(); i++) {
                TimePoint at = grid.at(i);
                int here = orders.get(i);
                Linear[] m = new Linear[order];
                m[0] = algorithm.quantity() == PredictionType.SAMPLE ? writer.sample(at, x) : writer.noise(at, x);
                for (int j = 1; j < order; j++) {
                    m[j] = writer.register(BASE + j);
                }
                Linear base = here == 1 ? x : writer.register(BASE);
                boolean half = midpoint && here == 2;
                Expansion weights = Expansion.of(algorithm, half, grid, i - here + 1, i + 1);
                Linear[] next = new Linear[1 + order];
                next[0] = next(base, m, weights, i, here);
                next[BASE] = base;
                System.arraycopy(m, 0, next, BASE + 1, order - 1);
                writer.call(at, 1, weights.noise(), next);
            }
            return writer.program(name, 1);
        }

        private Linear next(Linear base, Linear[] m, Expansion weights, int i, int here) {
            Linear next = base.times(weights.state()).plus(weights.d0(), m[here - 1]);
            if (here == 1) {
                return next;
            }
            double start = grid.lambda(i - here + 1);
            double h = grid.lambda(i + 1) - start;
            double r0 = (grid.lambda(i) - start) / h;
            Linear whole = m[0].minus(m[here - 1]).times(1 / r0);
            if (here == 2 || midpoint) {
                return next.plus(weights.d1(), whole);
            }
            double r1 = (grid.lambda(i - 1) - start) / h;
            Linear part = m[1].minus(m[2]).times(1 / r1);
            Linear slope = part.times(r0).plus(-r1, whole).times(1 / (r0 - r1));
            Linear bend = whole.minus(part).times(2 / (r0 - r1));
            return next.plus(weights.d1(), slope).plus(weights.d2(), bend);
        }
    }

    @Override
    public List<Citation> citations() {
        return Sources.DPM_SOLVER;
    }
}
