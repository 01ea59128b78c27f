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
import org.plumbline.toolkit.sampler.Linear;
import org.plumbline.toolkit.sampler.ModelSettings;
import org.plumbline.toolkit.sampler.NoiseGrid;
import org.plumbline.toolkit.sampler.ProgramWriter;
import org.plumbline.toolkit.sampler.TimestepSettings;

/**
 * Ancestral sampling by Euler's method in y = x / alpha over S = sigma / alpha: a step goes below the next level and comes
 * back by fresh noise.
 *
 * <pre>
 *   up^2 = S'^2 (S^2 - S'^2) / S^2,   down^2 = S'^2 - up^2,     y' = y + (down - S) eps + up z
 * </pre>
 *
 * <p>It is DDIM with eta 1, written in these variables and with other training steps. The last step, to S' = 0, has no
 * noise. One register and one call per step; the deterministic form is Euler's method, up = 0. Source: Song et al., the
 * ancestral sampler of variance exploding models; settings and defaults as in a scheduler_config.json of class
 * EulerAncestralDiscreteScheduler.
 */
@Plugin(
        id = "euler-ancestral",
        description = "Euler steps in sigma over alpha with the noise of ancestral sampling",
        configuration = EulerAncestralSampler.Configuration.class)
final class EulerAncestralSampler implements Sampler {
    private static final Set<String> CLASSES = Set.of("EulerAncestralDiscreteScheduler");

    /**
     * Settings; those that are null are taken from the model.
     *
     * @param timesteps which training steps are visited
     */
    record Configuration(@Included TimestepSettings timesteps) {}

    private final Configuration configuration;

    @Inject
    EulerAncestralSampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    @Override
    public SamplerProgram program(Request request) {
        ModelSettings settings =
                ModelSettings.of("euler-ancestral", request, CLASSES).with(configuration.timesteps());
        Clock clock = Clock.of(settings, request, Clock.Rules.ANCESTRAL);
        settings.warnOfOthers();
        NoiseGrid grid = clock.grid();
        ProgramWriter noisy = new ProgramWriter(1, PredictionType.EPSILON, OutputTransform.none());
        ProgramWriter silent = new ProgramWriter(1, PredictionType.EPSILON, OutputTransform.none());
        for (int i = 0; i < grid.steps(); i++) {
            double level = grid.levels()[i];
            double next = grid.levels()[i + 1];
            double up = next * Math.sqrt(1 - next * next / (level * level));
            double down = next * next / level;
            step(noisy, grid.at(i), down - level, up);
            step(silent, grid.at(i), next - level, 0);
        }
        String name = request.steps() + " steps, " + clock.spread();
        return noisy.program("euler ancestral, " + name, clock.initScale())
                .withDeterministic(silent.program("euler, " + name, clock.initScale()));
    }

    private static void step(ProgramWriter writer, TimePoint at, double change, double noise) {
        Linear y = writer.register(0);
        writer.call(at, at.alpha(), noise, y.plus(change, writer.noise(at, y.times(at.alpha()))));
    }

    @Override
    public List<Citation> citations() {
        return List.of(
                new Citation(
                        "song2021sde",
                        "Song, Y., Sohl-Dickstein, J., Kingma, D. P., Kumar, A., Ermon, S., Poole, B.",
                        "Score-based generative modeling through stochastic differential equations",
                        2021,
                        "ICLR"),
                Sources.KARRAS);
    }
}
