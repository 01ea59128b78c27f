package org.plumbline.plugins.model.diffusers;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.FlowSchedule;
import org.plumbline.toolkit.schedule.Precision;

/**
 * What {@code scheduler_config.json} says about the model itself. The rest of the file is about sampling; samplers find it
 * in the settings.
 *
 * @param schedule the noise schedule, in float32 as diffusers makes it
 * @param prediction what the network predicts
 * @param settings the whole file
 */
record SchedulerConfig(NoiseSchedule schedule, PredictionType prediction, Map<String, Object> settings) {
    /** Classes whose schedule is made of betas, with their default betas. */
    private static final Set<String> DEFAULT_LINEAR = Set.of(
            "DDIMScheduler",
            "DDPMScheduler",
            "PNDMScheduler",
            "DPMSolverMultistepScheduler",
            "DPMSolverSinglestepScheduler",
            "DEISMultistepScheduler",
            "UniPCMultistepScheduler",
            "EulerDiscreteScheduler",
            "EulerAncestralDiscreteScheduler",
            "LMSDiscreteScheduler");

    /** The same family, whose authors chose the betas of Stable Diffusion. */
    private static final Set<String> DEFAULT_STABLE_DIFFUSION =
            Set.of("HeunDiscreteScheduler", "KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler");

    /** Flow matching, which has no betas and one prediction. */
    private static final Set<String> FLOW = Set.of("FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler");

    static SchedulerConfig read(ConfigFile file) {
        String type = file.text("_class_name", "DDIMScheduler");
        boolean known = FLOW.contains(type) || DEFAULT_LINEAR.contains(type) || DEFAULT_STABLE_DIFFUSION.contains(type);
        if (!known) {
            Set<String> classes = new TreeSet<>(DEFAULT_LINEAR);
            classes.addAll(DEFAULT_STABLE_DIFFUSION);
            classes.addAll(FLOW);
            throw file.unsupported("_class_name", String.join(", ", classes));
        }
        // Solvers of the other kind serve flow matching by an option; its betas then mean nothing.
        if (FLOW.contains(type)
                || file.flag("use_flow_sigmas", false)
                || file.text("prediction_type", "epsilon").equals("flow_prediction")) {
            NoiseSchedule path = new FlowSchedule(file.integer("num_train_timesteps", 1000));
            return new SchedulerConfig(path, PredictionType.FLOW, file.asMap());
        }
        boolean stableDiffusion = DEFAULT_STABLE_DIFFUSION.contains(type);
        int steps = file.integer("num_train_timesteps", 1000);
        List<Double> trained = file.numbers("trained_betas", List.of());
        double[] betas = trained.isEmpty()
                ? BetaSchedule.of(file.text("beta_schedule", "linear"))
                        .betas(
                                steps,
                                file.number("beta_start", stableDiffusion ? 0.00085 : 0.0001),
                                file.number("beta_end", stableDiffusion ? 0.012 : 0.02),
                                Precision.FLOAT32)
                : trained.stream().mapToDouble(Double::doubleValue).toArray();
        if (betas.length != steps) {
            throw file.bad("trained_betas", "a list of " + steps + ", one per training step");
        }
        if (file.flag("rescale_betas_zero_snr", false)) {
            betas = BetaSchedule.rescaleToZeroTerminalSnr(betas, Precision.FLOAT32);
        }
        return new SchedulerConfig(
                DiscreteNoiseSchedule.ofBetas(betas, Precision.FLOAT32), prediction(file), file.asMap());
    }

    private static PredictionType prediction(ConfigFile file) {
        return switch (file.text("prediction_type", "epsilon")) {
            case "epsilon" -> PredictionType.EPSILON;
            case "sample" -> PredictionType.SAMPLE;
            case "v_prediction" -> PredictionType.V_PREDICTION;
            default -> throw file.unsupported("prediction_type", "epsilon, sample, v_prediction, flow_prediction");
        };
    }
}
