package org.plumbline.plugins.sampler.k.diffusion;

import jakarta.inject.Inject;
import java.util.List;
import java.util.Set;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.plugin.Included;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.sampler.ClippingSettings;
import org.plumbline.toolkit.sampler.LevelSettings;
import org.plumbline.toolkit.sampler.Linear;
import org.plumbline.toolkit.sampler.ModelSettings;
import org.plumbline.toolkit.sampler.NoiseGrid;
import org.plumbline.toolkit.sampler.ProgramWriter;

/**
 * Heun's method in y = x / alpha over S = sigma / alpha: the mean of the slopes eps at both ends of a step. The last step,
 * to S' = 0, is Euler's, so K steps take 2 K - 1 calls.
 *
 * <pre>
 *   d = eps(y, S),   p = y + (S' - S) d,   y' = y + (S' - S) (d + eps(p, S')) / 2
 * </pre>
 *
 * <p>Two registers: the point where the network is asked, and y + (S' - S) d / 2 between the calls of a step. Source:
 * Karras, Aittala, Aila, Laine, algorithm 1; settings and defaults as in a scheduler_config.json of class
 * HeunDiscreteScheduler.
 */
@Plugin(
        id = "heun",
        description = "Heun steps in sigma over alpha, two calls per step",
        configuration = HeunSampler.Configuration.class)
final class HeunSampler implements Sampler {
    private static final Set<String> CLASSES = Set.of("HeunDiscreteScheduler");

    /**
     * Settings; those that are null are taken from the model.
     *
     * @param levels which noise levels are visited
     * @param clipping of the predicted sample
     */
    record Configuration(
            @Included LevelSettings levels, @Included ClippingSettings clipping) {}

    private final Configuration configuration;

    @Inject
    HeunSampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    @Override
    public SamplerProgram program(Request request) {
        ModelSettings settings = ModelSettings.of("heun", request, CLASSES)
                .with(configuration.levels())
                .with(configuration.clipping());
        Clock clock = Clock.of(settings, request, Clock.Rules.HEUN);
        OutputTransform transform = settings.clipping(false);
        settings.warnOfOthers();
        ProgramWriter writer = new ProgramWriter(2, PredictionType.EPSILON, transform);
        Linear y = writer.register(0);
        Linear half = writer.register(1);
        NoiseGrid grid = clock.grid();
        for (int i = 0; i < grid.steps(); i++) {
            TimePoint at = grid.at(i);
            double step = grid.levels()[i + 1] - grid.levels()[i];
            Linear slope = writer.noise(at, y.times(at.alpha()));
            boolean last = grid.levels()[i + 1] == 0;
            writer.call(at, at.alpha(), 0, y.plus(step, slope), last ? writer.zero() : y.plus(step / 2, slope));
            if (!last) {
                TimePoint end = grid.at(i + 1);
                Linear other = writer.noise(end, y.times(end.alpha()));
                writer.call(end, end.alpha(), 0, half.plus(step / 2, other), writer.zero());
            }
        }
        return writer.program("heun, " + request.steps() + " steps, " + clock.spread(), clock.initScale());
    }

    @Override
    public List<Citation> citations() {
        return List.of(Sources.KARRAS);
    }
}
