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

/**
 * Euler's method in y = x / alpha over S = sigma / alpha, y' = y + (S' - S) eps, with churn if it is asked for.
 *
 * <p>Churn raises the level of a step to S^ = S (1 + g), g = min(churn / K, sqrt 2 - 1), by fresh noise:
 *
 * <pre>
 *   y^ = y + sqrt(S^^2 - S^2) s_noise z,      y' = y^ + (y^ - x0) / S^ (S' - S^)
 * </pre>
 *
 * <p>As in diffusers the network is asked before the noise is added, at y and S. The predicted x0 then is y^ - S^ eps, or
 * the predicted sample, or that of v at y^: with churn, unlike without, models of different predictions give different
 * samples.
 *
 * <p>One register and one call per step. The deterministic form of a table with churn is the one without. Source: Karras,
 * Aittala, Aila, Laine, algorithm 2; settings and defaults as in a scheduler_config.json of class EulerDiscreteScheduler.
 */
@Plugin(
        id = "euler",
        description = "Euler steps in sigma over alpha, with churn if wanted",
        configuration = EulerSampler.Configuration.class)
final class EulerSampler implements Sampler {
    private static final Set<String> CLASSES = Set.of("EulerDiscreteScheduler");

    /**
     * Settings; those that are null are taken from the model.
     *
     * @param churn strength of the noise
     * @param churnFrom smallest level with churn
     * @param churnTo largest level with churn
     * @param churnNoise s_noise
     * @param levels which noise levels are visited
     * @param sigmaMin smallest level where levels are spread
     * @param sigmaMax largest level where levels are spread
     * @param finalSigmasType where the last step ends
     */
    record Configuration(
            @Setting(description = "strength of the noise (s_churn), 0 for none", defaultValue = "0", min = 0)
            double churn,

            @Setting(description = "smallest sigma/alpha with churn (s_tmin)", defaultValue = "0", min = 0)
            double churnFrom,

            @Setting(description = "largest sigma/alpha with churn (s_tmax); default: no limit", min = 0) @Nullable
            Double churnTo,

            @Setting(description = "factor of the noise of churn (s_noise)", defaultValue = "1", min = 0)
            double churnNoise,

            @Included LevelSettings levels,

            @Setting(description = "smallest level that karras, exponential and beta spread to", min = 0) @Nullable
            Double sigmaMin,

            @Setting(description = "largest level that karras, exponential and beta spread from", min = 0) @Nullable
            Double sigmaMax,

            @Setting(description = "where the last step ends: zero or sigma_min; default: the model's") @Nullable
            String finalSigmasType) {}

    private final Configuration configuration;

    @Inject
    EulerSampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    @Override
    public SamplerProgram program(Request request) {
        ModelSettings settings = ModelSettings.of("euler", request, CLASSES)
                .with(configuration.levels())
                .with("sigma_min", configuration.sigmaMin())
                .with("sigma_max", configuration.sigmaMax())
                .with("final_sigmas_type", configuration.finalSigmasType());
        Clock clock = Clock.of(settings, request, Clock.Rules.EULER);
        settings.warnOfOthers();
        NoiseGrid grid = clock.grid();
        ProgramWriter noisy = new ProgramWriter(1, PredictionType.EPSILON, OutputTransform.none());
        ProgramWriter silent = new ProgramWriter(1, PredictionType.EPSILON, OutputTransform.none());
        for (int i = 0; i < grid.steps(); i++) {
            step(noisy, grid, i, churn(grid.levels()[i], request.steps()), request.prediction());
            step(silent, grid, i, 0, request.prediction());
        }
        String name = "euler, " + request.steps() + " steps, " + clock.spread();
        SamplerProgram deterministic = silent.program(name, clock.initScale());
        return configuration.churn() == 0
                ? deterministic
                : noisy.program(name + ", churn " + configuration.churn(), clock.initScale())
                        .withDeterministic(deterministic);
    }

    /** g. */
    private double churn(double level, int steps) {
        Double to = configuration.churnTo();
        boolean inside = level >= configuration.churnFrom() && (to == null || level <= to);
        return inside ? Math.min(configuration.churn() / steps, Math.sqrt(2) - 1) : 0;
    }

    private void step(ProgramWriter writer, NoiseGrid grid, int i, double churn, PredictionType prediction) {
        TimePoint at = grid.at(i);
        double level = grid.levels()[i];
        double next = grid.levels()[i + 1];
        double raised = level * (1 + churn);
        double added = configuration.churnNoise() * Math.sqrt(raised * raised - level * level);
        Linear y = writer.register(0);
        Linear input = y.times(at.alpha());
        if (churn == 0 || prediction == PredictionType.EPSILON) {
            writer.call(at, at.alpha(), added, y.plus(next - raised, writer.noise(at, input)));
            return;
        }
        double kept = next / raised;
        double inSample = prediction == PredictionType.V_PREDICTION ? at.alpha() * at.alpha() : 0;
        writer.call(
                at,
                at.alpha(),
                added * (kept + (1 - kept) * inSample),
                y.times(kept).plus(1 - kept, writer.sample(at, input)));
    }

    @Override
    public List<Citation> citations() {
        return List.of(Sources.KARRAS);
    }
}
