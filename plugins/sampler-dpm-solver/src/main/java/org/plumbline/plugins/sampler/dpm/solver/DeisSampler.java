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
import org.plumbline.toolkit.sampler.PolynomialIntegrals;
import org.plumbline.toolkit.sampler.ProgramWriter;
import org.plumbline.toolkit.sampler.ThresholdingSettings;

/**
 * DEIS of orders 1 to 3: x' / alpha' = x / alpha + integral of the predicted noise over rho = sigma / alpha, with a
 * polynomial in log rho through the last predictions.
 *
 * <p>The order grows from 1; in chains of fewer than 15 steps it falls to 2 and 1 at the end (lower_order_final). The last
 * step ends at the first training step. Registers: x and the last order - 1 predictions of the noise, the youngest first;
 * one call per step. Source: Zhang and Chen, the log-rho form; settings and defaults as in a scheduler_config.json of class
 * DEISMultistepScheduler.
 */
@Plugin(
        id = "deis",
        description = "DEIS of orders 1 to 3, polynomials in log (sigma/alpha)",
        configuration = DeisSampler.Configuration.class)
final class DeisSampler implements Sampler {
    private static final Set<String> CLASSES = Set.of("DEISMultistepScheduler");
    private static final int SHORT = 15;

    /**
     * Settings; those that are null are taken from the model.
     *
     * @param solverOrder highest order
     * @param lowerOrderFinal lower orders at the end of short chains
     * @param levels which noise levels are visited
     * @param thresholding of the predicted sample
     */
    record Configuration(
            @Setting(description = "highest order; default: the model's, 2", min = 1, max = 3) @Nullable
            Integer solverOrder,

            @Setting(description = "lower orders at the end of chains below 15 steps; default: the model's") @Nullable
            Boolean lowerOrderFinal,

            @Included LevelSettings levels,

            @Included ThresholdingSettings thresholding) {}

    private final Configuration configuration;

    @Inject
    DeisSampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    @Override
    public SamplerProgram program(Request request) {
        ModelSettings settings = ModelSettings.of("deis", request, CLASSES)
                .with("solver_order", configuration.solverOrder())
                .with("lower_order_final", configuration.lowerOrderFinal())
                .with(configuration.levels())
                .with(configuration.thresholding());
        int highest = settings.integer("solver_order", 2);
        boolean lowers = settings.flag("lower_order_final", true);
        // Names of the other solvers' forms mean this one.
        settings.choice("algorithm_type", "deis", "deis", "dpmsolver", "dpmsolver++");
        settings.choice("solver_type", "logrho", "logrho", "midpoint", "heun", "bh1", "bh2");
        NoiseGrid grid = SolverGrid.of(settings, request, SolverGrid.Rules.DEIS);
        OutputTransform transform = settings.thresholding();
        settings.warnOfOthers();
        if (highest < 1 || highest > 3) {
            throw settings.unsupported("solver_order", highest, "1 to 3");
        }
        ProgramWriter writer = new ProgramWriter(highest, PredictionType.EPSILON, transform);
        Linear x = writer.register(0);
        for (int i = request.firstStep(); i < grid.steps(); i++) {
            TimePoint at = grid.at(i);
            int left = grid.steps() - i;
            int most = lowers && grid.steps() < SHORT && left <= 2 ? left : highest;
            int order = Math.min(Math.min(highest, most), i - request.firstStep() + 1);
            double[] nodes = new double[order];
            for (int j = 0; j < order; j++) {
                nodes[j] = rho(grid, i - j);
            }
            double[] weights = PolynomialIntegrals.overLogarithm(nodes, rho(grid, i + 1));
            Linear noise = writer.noise(at, x);
            double alpha = grid.alpha(i + 1);
            Linear[] next = new Linear[highest];
            next[0] = x.times(alpha / grid.alpha(i)).plus(alpha * weights[0], noise);
            for (int j = 1; j < highest; j++) {
                next[0] = next[0].plus(j < order ? alpha * weights[j] : 0, writer.register(j));
                next[j] = j == 1 ? noise : writer.register(j - 1);
            }
            writer.call(at, 1, 0, next);
        }
        return writer.program("deis of order " + highest + ", " + request.steps() + " steps", 1);
    }

    private static double rho(NoiseGrid grid, int i) {
        return grid.sigma(i) / grid.alpha(i);
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "zhang2023deis",
                "Zhang, Q., Chen, Y.",
                "Fast sampling of diffusion models with exponential integrator",
                2023,
                "ICLR"));
    }
}
