package org.plumbline.plugins.sampler.k.diffusion;

import jakarta.inject.Inject;
import java.util.List;
import java.util.Set;
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

/**
 * The linear multistep method of Adams and Bashforth in y = x / alpha over S = sigma / alpha: the polynomial through the
 * last slopes eps is integrated over the step, y' = y + sum_j b_j eps_{i-j}, with coefficients for the levels as they are.
 *
 * <p>Registers: y and the last order - 1 slopes, the youngest first. The order grows from 1 with the number of the step. A
 * program that begins in the middle starts from slopes of 0 with the order of its step, as diffusers does. One call per
 * step. Source: Liu, Ren, Lin, Zhao (linear multistep methods for diffusion models); settings and defaults as in a
 * scheduler_config.json of class LMSDiscreteScheduler.
 */
@Plugin(
        id = "lms",
        description = "Adams-Bashforth steps in sigma over alpha",
        configuration = LmsSampler.Configuration.class)
final class LmsSampler implements Sampler {
    private static final Set<String> CLASSES = Set.of("LMSDiscreteScheduler");

    /**
     * Settings; those that are null are taken from the model.
     *
     * @param order how many slopes are used
     * @param levels which noise levels are visited
     */
    record Configuration(
            @Setting(description = "how many slopes a step uses", defaultValue = "4", min = 1, max = 4)
            int order,

            @Included LevelSettings levels) {}

    private final Configuration configuration;

    @Inject
    LmsSampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    @Override
    public SamplerProgram program(Request request) {
        ModelSettings settings = ModelSettings.of("lms", request, CLASSES).with(configuration.levels());
        // The levels before a start in the middle still are nodes of the polynomial.
        Clock whole = Clock.of(settings, from(request, 0), Clock.Rules.HEUN);
        Clock clock = Clock.of(settings, request, Clock.Rules.HEUN);
        settings.warnOfOthers();
        int registers = configuration.order();
        double[] levels = whole.grid().levels();
        NoiseGrid grid = whole.grid();
        ProgramWriter writer = new ProgramWriter(registers, PredictionType.EPSILON, OutputTransform.none());
        for (int i = request.firstStep(); i < grid.steps(); i++) {
            TimePoint at = grid.at(i);
            int order = Math.min(i + 1, configuration.order());
            double[] nodes = new double[order];
            for (int j = 0; j < order; j++) {
                nodes[j] = levels[i - j];
            }
            double[] weights = PolynomialIntegrals.overPosition(nodes, levels[i + 1]);
            Linear y = writer.register(0);
            Linear slope = writer.noise(at, y.times(at.alpha()));
            Linear[] next = new Linear[registers];
            next[0] = y.plus(weights[0], slope);
            for (int j = 1; j < registers; j++) {
                next[0] = next[0].plus(j < order ? weights[j] : 0, writer.register(j));
                next[j] = j == 1 ? slope : writer.register(j - 1);
            }
            writer.call(at, at.alpha(), 0, next);
        }
        return writer.program(
                "lms of order " + configuration.order() + ", " + request.steps() + " steps, " + clock.spread(),
                clock.initScale());
    }

    private static Request from(Request request, int firstStep) {
        return new Request(
                request.schedule(), request.prediction(), request.steps(), request.modelSettings(), firstStep);
    }

    @Override
    public List<Citation> citations() {
        return List.of(
                new Citation(
                        "liu2022pndm",
                        "Liu, L., Ren, Y., Lin, Z., Zhao, Z.",
                        "Pseudo numerical methods for diffusion models on manifolds",
                        2022,
                        "ICLR"),
                Sources.KARRAS);
    }
}
