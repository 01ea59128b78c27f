package org.plumbline.plugins.sampler.ddim;

import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Arrays;
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
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.sampler.ClippingSettings;
import org.plumbline.toolkit.sampler.ModelSettings;
import org.plumbline.toolkit.sampler.ThresholdingSettings;
import org.plumbline.toolkit.sampler.TimestepSettings;
import org.plumbline.toolkit.sampler.TimestepSpacing;

/**
 * DDIM with noise level eta: eta 0 is deterministic, eta 1 is ancestral sampling with the DDPM posterior.
 *
 * <pre>
 *   x0     = (x - sqrt(1 - a) eps) / sqrt(a)
 *   s      = eta sqrt((1 - a') / (1 - a) (1 - a / a'))
 *   x'     = sqrt(a') T(x0) + sqrt(1 - a' - s^2) eps + s z
 * </pre>
 *
 * <p>with a = abar at the step's training step t and a' at t - floor(N / K), which is not always the next entry of the
 * list; below 0 it is 1 or abar_0, as the model says. T clips or thresholds if the model says so; eps is not recomputed
 * from the clipped x0 unless asked.
 *
 * <p>One register and one network call per step. The deterministic form of a table with noise is that of eta 0. Source: Song, Meng, Ermon, equations 12 and 16; settings and defaults
 * as in a scheduler_config.json of class DDIMScheduler.
 */
@Plugin(
        id = "ddim",
        description = "DDIM, deterministic (eta 0) to ancestral (eta 1)",
        configuration = DdimSampler.Configuration.class)
final class DdimSampler implements Sampler {
    /**
     * Settings; those that are null are taken from the model.
     *
     * @param eta noise level
     * @param timesteps which training steps are visited
     * @param setAlphaToOne whether abar beyond the last step is 1
     * @param clipping of the predicted sample
     * @param thresholding of the predicted sample, which goes before clipping
     * @param useClippedModelOutput whether eps is recomputed from the clipped x0
     */
    record Configuration(
            @Setting(description = "noise level, 0 deterministic to 1 ancestral", defaultValue = "0", min = 0, max = 1)
            double eta,

            @Included TimestepSettings timesteps,

            @Setting(description = "take abar as 1 beyond the last step; default: the model's") @Nullable
            Boolean setAlphaToOne,

            @Included ClippingSettings clipping,

            @Included ThresholdingSettings thresholding,

            @Setting(description = "recompute eps from the clipped sample", defaultValue = "false")
            boolean useClippedModelOutput) {}

    private static final Set<String> CLASSES = Set.of("DDIMScheduler");

    private final Configuration configuration;

    @Inject
    DdimSampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    @Override
    public SamplerProgram program(Request request) {
        NoiseSchedule schedule = request.schedule();
        ModelSettings settings = ModelSettings.of("ddim", request, CLASSES)
                .with(configuration.timesteps())
                .with("set_alpha_to_one", configuration.setAlphaToOne())
                .with(configuration.clipping())
                .with(configuration.thresholding());
        int trainSteps = schedule.trainSteps();
        int steps = request.steps();
        if (!schedule.variancePreserving() || request.prediction() == PredictionType.FLOW) {
            throw settings.unsuited(
                    "a flow-matching model", "variance preserving models", "choose a flow-matching sampler");
        }
        settings.requireSteps(request, 1, trainSteps);
        TimestepSpacing spacing = settings.spacing(TimestepSpacing.LEADING);
        int offset = settings.integer("steps_offset", 0);
        boolean toOne = settings.flag("set_alpha_to_one", true);
        OutputTransform transform = settings.thresholdingOrClipping(true);
        settings.warnOfOthers();
        boolean asEpsilon = request.prediction() == PredictionType.EPSILON && transform.identity();

        List<SamplerCall> noisy = new ArrayList<>();
        List<SamplerCall> silent = new ArrayList<>();
        int[] timesteps = spacing.timesteps(trainSteps, steps, offset);
        for (int t : Arrays.copyOfRange(timesteps, request.firstStep(), steps)) {
            settings.requireTrained(t, trainSteps);
            int next = t - trainSteps / steps;
            double a = schedule.alphaBar(t);
            double aNext = next >= 0 ? schedule.alphaBar(next) : toOne ? 1 : schedule.alphaBar(0);
            TimePoint at = TimePoint.ofStep(schedule, t);
            noisy.add(call(at, a, aNext, configuration.eta(), asEpsilon));
            silent.add(call(at, a, aNext, 0, asEpsilon));
        }
        String what = spacing.name().toLowerCase(Locale.ROOT) + (transform.identity() ? "" : ", " + transform);
        SamplerProgram deterministic = table(steps, 0, what, transform, asEpsilon, silent);
        return configuration.eta() == 0
                ? deterministic
                : table(steps, configuration.eta(), what, transform, asEpsilon, noisy)
                        .withDeterministic(deterministic);
    }

    private static SamplerProgram table(
            int steps, double eta, String what, OutputTransform transform, boolean asEpsilon, List<SamplerCall> calls) {
        return new SamplerProgram(
                "ddim, " + steps + " steps, eta " + eta + ", " + what,
                asEpsilon ? PredictionType.EPSILON : PredictionType.SAMPLE,
                transform,
                1,
                1,
                calls,
                new double[] {1});
    }

    private SamplerCall call(TimePoint at, double a, double aNext, double eta, boolean asEpsilon) {
        double variance = (1 - aNext) / (1 - a) * (1 - a / aNext);
        double s = eta * Math.sqrt(Math.max(0, variance));
        double direction = Math.sqrt(Math.max(0, 1 - aNext - s * s));
        if (asEpsilon) {
            double ofState = Math.sqrt(aNext / a);
            return SamplerCall.single(at, ofState, direction - ofState * Math.sqrt(1 - a), 0, s);
        }
        // eps = (x - alpha x0) / sigma, from the prediction as it is or from the clipped one.
        double ofState = direction / at.sigma();
        double ofSample = -direction * at.alpha() / at.sigma();
        return configuration.useClippedModelOutput()
                ? SamplerCall.single(at, ofState, Math.sqrt(aNext) + ofSample, 0, s)
                : SamplerCall.single(at, ofState, Math.sqrt(aNext), ofSample, s);
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "song2021ddim", "Song, J., Meng, C., Ermon, S.", "Denoising diffusion implicit models", 2021, "ICLR"));
    }
}
