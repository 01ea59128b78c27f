package org.plumbline.plugins.sampler.flow.matching;

import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.sampler.ModelSettings;

/**
 * Flow matching: the ODE dx/ds = v from noise at s = 1 to the sample at s = 0, and stochastic forms of it for policy
 * gradients, whose steps have a probability.
 *
 * <p>Euler's step is x' = x + (s' - s) v; Heun's takes the mean of the velocities at both ends, two calls and a second
 * register, but for the last step, which is Euler's. The stochastic steps, in {@link Noise}, are Euler's with more or less
 * of the predicted noise exchanged for fresh noise. The two SDEs (flow-grpo, dance-grpo) have the ODE's marginals in the
 * limit of small steps; flow-grpo approaches them slowly, with the power a^2 / 2 of the step size, since its noise
 * is infinite at s = 1. cps keeps the level of the noise exactly, not the marginals: at a fixed level its samples vary less
 * than the data however small the steps. The ODE is the deterministic form of each.
 *
 * <p>The nodes s_0 = 1 &gt; s_1 &gt; .. &gt; s_K = 0 are evenly spaced, then shifted towards the noise:
 * s -> h s / (1 + (h - 1) s) with h the shift, e^mu where shifting is dynamic and mu grows linearly with the number of
 * image tokens.
 *
 * <p>Sources: Lipman et al. (flow matching); Esser et al. (shift); the papers of the stochastic forms. Settings and
 * defaults of the model's as in a scheduler_config.json of class FlowMatchEulerDiscreteScheduler, or
 * FlowMatchHeunDiscreteScheduler, whose solver is heun.
 */
@Plugin(
        id = "flow-matching",
        description = "Flow matching: ODE by Euler or Heun, SDEs of Flow-GRPO and DanceGRPO, CPS",
        configuration = FlowMatchingSampler.Configuration.class)
final class FlowMatchingSampler implements Sampler {
    /** Integrators of the ODE. */
    enum Solver {
        /** One call per step, first order. */
        EULER,
        /** Two calls per step, second order. */
        HEUN
    }

    /** Even nodes before the shift. */
    enum Spacing {
        /** 1, (K - 1) / K, .., 1 / K. */
        UNIFORM,
        /** K nodes from the largest to the smallest sigma of training, which a fixed shift has moved once already. */
        TRAIN_STEPS
    }

    /**
     * Settings; those that are null are taken from the model or from the noise's authors.
     *
     * @param solver of the ODE
     * @param noise stochastic form
     * @param noiseLevel a
     * @param finalNoise whether the last step has noise
     * @param shift of the nodes towards the noise
     * @param tokens of the image, for dynamic shifting
     * @param spacing of the nodes before the shift
     * @param mu of dynamic shifting
     * @param sigmas the nodes before the shift
     */
    record Configuration(
            @Setting(description = "integrator of the ODE: euler or heun; default: the model's, else euler") @Nullable
            Solver solver,

            @Setting(
                    description =
                            "stochastic form: none, flow-grpo, dance-grpo or cps; needs solver: euler; default: the"
                                    + " model's, none, or cps at level 1 (stochastic_sampling)")
            @Nullable
            Noise noise,

            @Setting(
                    description = "strength of the noise; default: 0.7 flow-grpo, 0.3 dance-grpo, 0.8 cps (at most 1)",
                    min = 0)
            @Nullable
            Double noiseLevel,

            @Setting(description = "noise in the last step too; default: the authors', only flow-grpo; never in cps")
            @Nullable
            Boolean finalNoise,

            @Setting(
                    description = "shift of the nodes towards the noise, 1 for none; default: the model's",
                    min = 0.001)
            @Nullable
            Double shift,

            @Setting(description = "image tokens, from which dynamic shifting takes its shift", min = 1) @Nullable
            Integer tokens,

            @Setting(
                    description =
                            "nodes before the shift: uniform or train-steps; default: train-steps, and uniform with"
                                    + " dynamic shifting")
            @Nullable
            Spacing spacing,

            @Setting(description = "mu of dynamic shifting, in the place of tokens") @Nullable
            Double mu,

            @Setting(description = "the nodes before the shift, one per step, in the place of spacing") @Nullable
            List<Double> sigmas) {
        Configuration(
                @Nullable Solver solver,
                @Nullable Noise noise,
                @Nullable Double noiseLevel,
                @Nullable Boolean finalNoise,
                @Nullable Double shift,
                @Nullable Integer tokens,
                @Nullable Spacing spacing) {
            this(solver, noise, noiseLevel, finalNoise, shift, tokens, spacing, null, null);
        }
    }

    private static final String HEUN_CLASS = "FlowMatchHeunDiscreteScheduler";
    private static final Set<String> CLASSES = Set.of("FlowMatchEulerDiscreteScheduler", HEUN_CLASS);

    private final Configuration configuration;

    @Inject
    FlowMatchingSampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    /**
     * What is integrated how.
     *
     * @param level a
     */
    private record Form(Solver solver, Noise noise, double level) {}

    @Override
    public SamplerProgram program(Request request) {
        NoiseSchedule schedule = request.schedule();
        ModelSettings settings = ModelSettings.of("flow-matching", request, CLASSES);
        Form form = form(settings);
        refuse(request, form);
        double[] sigmas = Nodes.of(configuration, request, settings);
        settings.lacks("invert_sigmas", false);
        settings.warnOfOthers();
        SamplerProgram ode = form.solver == Solver.EULER
                ? program("euler", 1, steps(schedule, sigmas, new Form(Solver.EULER, Noise.NONE, 0)), sigmas)
                : program("heun", 2, heun(schedule, sigmas), sigmas);
        return form.level > 0
                ? program(name(form.noise) + " " + form.level, 1, steps(schedule, sigmas, form), sigmas)
                        .withDeterministic(ode)
                : ode;
    }

    private Form form(ModelSettings settings) {
        Solver solver = configuration.solver();
        if (solver == null) {
            solver = settings.className().equals(HEUN_CLASS) ? Solver.HEUN : Solver.EULER;
        }
        // A model's stochastic sampling exchanges all of the predicted noise.
        boolean stochastic = settings.flag("stochastic_sampling", false);
        Noise noise = configuration.noise();
        Double level = configuration.noiseLevel();
        if (noise == null) {
            return stochastic
                    ? new Form(solver, Noise.CPS, level != null ? level : 1)
                    : new Form(solver, Noise.NONE, 0);
        }
        return new Form(solver, noise, level != null ? level : noise.usualLevel());
    }

    private static SamplerProgram program(String what, int registers, List<SamplerCall> calls, double[] sigmas) {
        double[] output = new double[registers];
        output[0] = 1;
        return new SamplerProgram(
                "flow matching, " + what + ", " + (sigmas.length - 1) + " steps",
                PredictionType.FLOW,
                OutputTransform.none(),
                registers,
                1,
                calls,
                output);
    }

    private List<SamplerCall> steps(NoiseSchedule schedule, double[] sigmas, Form form) {
        Boolean wanted = configuration.finalNoise();
        boolean noisyEnd = wanted != null ? wanted : form.noise.noisyEnd();
        List<SamplerCall> calls = new ArrayList<>();
        for (int i = 0; i + 1 < sigmas.length; i++) {
            boolean last = i + 2 == sigmas.length;
            Noise here = last && !noisyEnd ? Noise.NONE : form.noise;
            calls.add(here.step(at(schedule, sigmas[i]), sigmas[i + 1], form.level, sigmas[1]));
        }
        return calls;
    }

    /** Register 1 holds x + (s' - s) v / 2 from the first call of a step to the second. */
    private static List<SamplerCall> heun(NoiseSchedule schedule, double[] sigmas) {
        double[] input = {1, 0};
        double[] nothing = {0, 0};
        List<SamplerCall> calls = new ArrayList<>();
        for (int i = 0; i + 1 < sigmas.length; i++) {
            double dt = sigmas[i + 1] - sigmas[i];
            boolean last = i + 2 == sigmas.length;
            calls.add(new SamplerCall(
                    at(schedule, sigmas[i]),
                    1,
                    input,
                    new double[][] {{1, 0}, {last ? 0 : 1, 0}},
                    new double[] {dt, last ? 0 : dt / 2},
                    nothing,
                    0));
            if (!last) {
                calls.add(new SamplerCall(
                        at(schedule, sigmas[i + 1]),
                        1,
                        input,
                        new double[][] {{0, 1}, {0, 0}},
                        new double[] {dt / 2, 0},
                        nothing,
                        0));
            }
        }
        return calls;
    }

    private static TimePoint at(NoiseSchedule schedule, double sigma) {
        return new TimePoint(schedule.label(sigma), 1 - sigma, sigma);
    }

    private void refuse(Request request, Form form) {
        if (request.schedule().variancePreserving() || request.prediction() == PredictionType.EPSILON) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("sampler 'flow-matching' with a model that predicts "
                            + name(request.prediction()) + " on a "
                            + (request.schedule().variancePreserving() ? "variance preserving" : "flow") + " schedule")
                    .available("models of flow matching, alpha = 1 - sigma, that do not predict the noise")
                    .remedy("choose another sampler, such as ddim")
                    .build();
        }
        if (request.steps() < 1 || request.steps() > request.schedule().trainSteps()) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("sampler 'flow-matching' with steps: " + request.steps())
                    .available("1 to " + request.schedule().trainSteps() + ", the model's training steps")
                    .build();
        }
        Noise noise = form.noise;
        double level = form.level;
        if (noise != Noise.NONE && form.solver == Solver.HEUN) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("sampler 'flow-matching' with solver: heun and noise: " + name(noise))
                    .remedy("the stochastic forms are Euler steps; set solver: euler, or noise: none")
                    .build();
        }
        if (noise == Noise.CPS && (level > 1 || Boolean.TRUE.equals(configuration.finalNoise()))) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("sampler 'flow-matching' with noise: cps, noise-level: " + level + ", final-noise: "
                            + configuration.finalNoise())
                    .available("noise-level 0 to 1, all of the predicted noise; its last step has none to exchange")
                    .build();
        }
        if (noise == Noise.FLOW_GRPO && request.steps() == 1) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("sampler 'flow-matching' with noise: flow-grpo and one step, whose noise would be infinite")
                    .available("at least 2 steps")
                    .build();
        }
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public List<Citation> citations() {
        List<Citation> citations = new ArrayList<>();
        citations.add(new Citation(
                "lipman2023flow",
                "Lipman, Y., Chen, R. T. Q., Ben-Hamu, H., Nickel, M., Le, M.",
                "Flow matching for generative modeling",
                2023,
                "ICLR"));
        citations.add(new Citation(
                "esser2024sd3",
                "Esser, P., Kulal, S., Blattmann, A., et al.",
                "Scaling rectified flow transformers for high-resolution image synthesis",
                2024,
                "ICML"));
        Noise noise = configuration.noise();
        citations.addAll((noise == null ? Noise.NONE : noise).sources());
        return citations;
    }
}
