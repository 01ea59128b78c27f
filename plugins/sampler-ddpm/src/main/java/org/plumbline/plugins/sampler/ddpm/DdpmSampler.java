package org.plumbline.plugins.sampler.ddpm;

import jakarta.inject.Inject;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.plugin.Included;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.sampler.ClippingSettings;
import org.plumbline.toolkit.sampler.Linear;
import org.plumbline.toolkit.sampler.ModelSettings;
import org.plumbline.toolkit.sampler.ProgramWriter;
import org.plumbline.toolkit.sampler.ThresholdingSettings;
import org.plumbline.toolkit.sampler.TimestepSettings;
import org.plumbline.toolkit.sampler.TimestepSpacing;

/**
 * DDPM: every step draws from the posterior of the forward process, given the predicted sample.
 *
 * <pre>
 *   r    = a / a',   beta = 1 - r
 *   x'   = sqrt(a') beta / (1 - a) T(x0) + sqrt(r) (1 - a') / (1 - a) x + s z
 *   s^2  = (1 - a') / (1 - a) beta   (fixed_small, fixed_small_log)   or   beta   (fixed_large, fixed_large_log)
 * </pre>
 *
 * <p>with a = abar at the step's training step and a' at the next one that is visited, 1 after the last. The step at
 * training step 0 has no noise. The two forms with _log are the same numbers, computed by way of the logarithm. Learned
 * variances are an output of the network, so the noise is not a number of the table: refused.
 *
 * <p>One register and one call per step. The deterministic form is DDIM with eta 0 between the same training steps.
 * Source: Ho, Jain, Abbeel, equations 6, 7 and 11; settings and defaults as in a scheduler_config.json of class
 * DDPMScheduler.
 */
@Plugin(
        id = "ddpm",
        description = "DDPM, ancestral sampling with the posterior's variance",
        configuration = DdpmSampler.Configuration.class)
final class DdpmSampler implements Sampler {
    private static final Set<String> CLASSES = Set.of("DDPMScheduler");

    /** Below this, diffusers' lower bound of a variance, there is no noise. */
    private static final double NO_VARIANCE = 1e-20;

    /** The variance of a step. */
    enum Variance {
        /** That of the posterior if the sample were known. */
        FIXED_SMALL,
        /** The same. */
        FIXED_SMALL_LOG,
        /** That of the forward process. */
        FIXED_LARGE,
        /** The same. */
        FIXED_LARGE_LOG
    }

    /**
     * Settings; those that are null are taken from the model.
     *
     * @param varianceType of the noise
     * @param timesteps which training steps are visited
     * @param clipping of the predicted sample
     * @param thresholding of the predicted sample, which goes before clipping
     */
    record Configuration(
            @Setting(description = "fixed-small or fixed-large, with or without -log; default: the model's") @Nullable
            Variance varianceType,

            @Included TimestepSettings timesteps,

            @Included ClippingSettings clipping,

            @Included ThresholdingSettings thresholding) {}

    private final Configuration configuration;

    @Inject
    DdpmSampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    @Override
    public SamplerProgram program(Request request) {
        NoiseSchedule schedule = request.schedule();
        ModelSettings settings = ModelSettings.of("ddpm", request, CLASSES)
                .with("variance_type", configuration.varianceType())
                .with(configuration.timesteps())
                .with(configuration.clipping())
                .with(configuration.thresholding());
        if (!schedule.variancePreserving() || request.prediction() == PredictionType.FLOW) {
            throw settings.unsuited(
                    "a flow-matching model", "variance preserving models", "choose a flow-matching sampler");
        }
        settings.requireSteps(request, 1, schedule.trainSteps());
        Variance variance = settings.choice("variance_type", Variance.FIXED_SMALL);
        TimestepSpacing spacing = settings.spacing(TimestepSpacing.LEADING);
        int offset = settings.integer("steps_offset", 0);
        OutputTransform transform = settings.thresholdingOrClipping(true);
        settings.warnOfOthers();

        int[] timesteps = spacing.timesteps(schedule.trainSteps(), request.steps(), offset);
        PredictionType quantity =
                request.prediction() == PredictionType.EPSILON ? PredictionType.EPSILON : PredictionType.SAMPLE;
        ProgramWriter noisy = new ProgramWriter(1, quantity, transform);
        ProgramWriter silent = new ProgramWriter(1, quantity, transform);
        for (int i = request.firstStep(); i < timesteps.length; i++) {
            settings.requireTrained(timesteps[i], schedule.trainSteps());
            double a = schedule.alphaBar(timesteps[i]);
            double next = i + 1 < timesteps.length ? schedule.alphaBar(timesteps[i + 1]) : 1;
            TimePoint at = TimePoint.ofStep(schedule, timesteps[i]);
            double noise = timesteps[i] == 0 ? 0 : noise(variance, a, next);
            noisy.call(at, 1, noise, mean(noisy, at, a, next));
            silent.call(at, 1, 0, noise == 0 ? mean(silent, at, a, next) : flow(silent, at, next));
        }
        String name = "ddpm, " + request.steps() + " steps, " + variance.name().toLowerCase(Locale.ROOT) + ", "
                + spacing.name().toLowerCase(Locale.ROOT);
        return noisy.program(name, 1).withDeterministic(silent.program(name + ", without noise", 1));
    }

    private static Linear mean(ProgramWriter writer, TimePoint at, double a, double next) {
        Linear x = writer.register(0);
        double kept = kept(a, next);
        return writer.sample(at, x)
                .times(Math.sqrt(next) * (1 - kept) / (1 - a))
                .plus(Math.sqrt(kept) * (1 - next) / (1 - a), x);
    }

    /**
     * r, rounded to float32. Near the output 1 - r loses four digits in that precision, in which schedules are made and
     * diffusers samples; with more of them the last steps would differ from its own by 1e-4.
     */
    private static double kept(double a, double next) {
        return (float) (a / next);
    }

    private static double noise(Variance variance, double a, double next) {
        double beta = 1 - kept(a, next);
        double posterior = (1 - next) / (1 - a) * beta;
        return switch (variance) {
            case FIXED_SMALL, FIXED_SMALL_LOG -> posterior > NO_VARIANCE ? Math.sqrt(posterior) : 0;
            case FIXED_LARGE, FIXED_LARGE_LOG -> Math.sqrt(beta);
        };
    }

    private static Linear flow(ProgramWriter writer, TimePoint at, double next) {
        Linear x = writer.register(0);
        return writer.sample(at, x).times(Math.sqrt(next)).plus(Math.sqrt(1 - next), writer.noise(at, x));
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "ho2020ddpm",
                "Ho, J., Jain, A., Abbeel, P.",
                "Denoising diffusion probabilistic models",
                2020,
                "NeurIPS"));
    }
}
