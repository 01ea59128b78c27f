package org.plumbline.plugins.sampler.k.diffusion;

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
import org.plumbline.toolkit.sampler.SigmaTable;

/**
 * The midpoint method in y = x / alpha over S = sigma / alpha, with the middle in log S: the second method of
 * DPM-Solver as k-diffusion writes it.
 *
 * <pre>
 *   p = y + (M - S) eps(y, S),   y' = y + (D - S) eps(p, M) + up z,      M = sqrt(S D)
 * </pre>
 *
 * <p>with D = S' and up = 0, or, ancestral, D and up of {@link EulerAncestralSampler}. The last step, to S' = 0, is
 * Euler's: K steps take 2 K - 1 calls. Registers: the point where the network is asked, and y. The deterministic form of the
 * ancestral one asks at the same middles and goes to S'. Source: Karras, Aittala, Aila, Laine; settings and defaults as in a
 * scheduler_config.json of class KDPM2DiscreteScheduler or KDPM2AncestralDiscreteScheduler, which is ancestral.
 */
@Plugin(
        id = "dpm2",
        description = "Midpoint steps in log (sigma/alpha), two calls per step, with ancestral noise if wanted",
        configuration = Dpm2Sampler.Configuration.class)
final class Dpm2Sampler implements Sampler {
    private static final String ANCESTRAL = "KDPM2AncestralDiscreteScheduler";
    private static final Set<String> CLASSES = Set.of("KDPM2DiscreteScheduler", ANCESTRAL);

    /**
     * Settings; those that are null are taken from the model.
     *
     * @param ancestral whether steps have noise
     * @param levels which noise levels are visited
     */
    record Configuration(
            @Setting(description = "with the noise of ancestral sampling; default: as the model's class says") @Nullable
            Boolean ancestral,

            @Included LevelSettings levels) {}

    private final Configuration configuration;

    @Inject
    Dpm2Sampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    @Override
    public SamplerProgram program(Request request) {
        ModelSettings settings = ModelSettings.of("dpm2", request, CLASSES).with(configuration.levels());
        Clock clock = Clock.of(settings, request, Clock.Rules.DPM2);
        settings.warnOfOthers();
        Boolean wanted = configuration.ancestral();
        boolean ancestral = wanted != null ? wanted : settings.className().equals(ANCESTRAL);
        SigmaTable table = new SigmaTable(request.schedule());
        NoiseGrid grid = clock.grid();
        ProgramWriter noisy = new ProgramWriter(2, PredictionType.EPSILON, OutputTransform.none());
        ProgramWriter silent = new ProgramWriter(2, PredictionType.EPSILON, OutputTransform.none());
        for (int i = 0; i < grid.steps(); i++) {
            double level = grid.levels()[i];
            double next = grid.levels()[i + 1];
            double down = ancestral ? next * next / level : next;
            double up = ancestral ? next * Math.sqrt(1 - next * next / (level * level)) : 0;
            double middle = Math.sqrt(level * down);
            TimePoint inside = inside(table, middle);
            step(noisy, grid.at(i), inside, new Change(middle - level, down - level, up));
            step(silent, grid.at(i), inside, new Change(middle - level, next - level, 0));
        }
        String name = (ancestral ? "dpm2 ancestral, " : "dpm2, ") + request.steps() + " steps, " + clock.spread();
        SamplerProgram program = noisy.program(name, clock.initScale());
        return ancestral
                ? program.withDeterministic(silent.program(name + ", without noise", clock.initScale()))
                : program;
    }

    /** What a step does to the level: to the middle, to its end, and the noise that comes back. */
    private record Change(double half, double whole, double noise) {}

    private static void step(ProgramWriter writer, TimePoint at, TimePoint inside, Change change) {
        Linear point = writer.register(0);
        Linear y = writer.register(1);
        Linear slope = writer.noise(at, point.times(at.alpha()));
        if (inside.sigma() == 0) {
            writer.call(at, at.alpha(), 0, point.plus(change.half, slope), writer.zero());
            return;
        }
        Linear other = writer.noise(inside, point.times(inside.alpha()));
        writer.call(at, at.alpha(), 0, point.plus(change.half, slope), point);
        writer.call(inside, inside.alpha(), change.noise, y.plus(change.whole, other), writer.zero());
    }

    private static TimePoint inside(SigmaTable table, double level) {
        double alpha = 1 / Math.sqrt(1 + level * level);
        return new TimePoint(level == 0 ? 0 : table.timestep(level), alpha, level * alpha);
    }

    @Override
    public List<Citation> citations() {
        return List.of(Sources.KARRAS);
    }
}
