package org.plumbline.plugins.sampler.pndm;

import jakarta.inject.Inject;
import java.util.ArrayList;
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
import org.plumbline.toolkit.sampler.Linear;
import org.plumbline.toolkit.sampler.ModelSettings;
import org.plumbline.toolkit.sampler.ProgramWriter;
import org.plumbline.toolkit.sampler.TimestepSettings;
import org.plumbline.toolkit.sampler.TimestepSpacing;

/**
 * PNDM: DDIM steps whose noise is a combination of several predictions.
 *
 * <pre>
 *   x' = sqrt(a' / a) x - (a' - a) e / (a sqrt(1 - a') + sqrt(a (1 - a) a'))          DDIM with the noise e
 *   e  = (55 e0 - 59 e1 + 37 e2 - 9 e3) / 24                                          once there are four predictions
 * </pre>
 *
 * <p>Before that come three steps of the pseudo Runge-Kutta method, four calls each (K steps make K + 9 calls); or, with
 * skip_prk_steps (PLMS), lower orders: the first step is made twice, the second time with the mean of both predictions (K
 * + 1 calls). A model of velocities has its velocities combined, and the combination turned into a noise at the sample of
 * the step, as diffusers does it; so its samples are not those of the same model asked for noises.
 *
 * <p>Registers: the point where the network is asked, the sample a step starts from, the Runge-Kutta sum, the last three
 * predictions. Source: Liu, Ren, Lin, Zhao; settings and defaults as in a scheduler_config.json of class PNDMScheduler.
 */
@Plugin(
        id = "pndm",
        description = "PNDM: linear multistep DDIM, with Runge-Kutta start or without (PLMS)",
        configuration = PndmSampler.Configuration.class)
final class PndmSampler implements Sampler {
    private static final Set<String> CLASSES = Set.of("PNDMScheduler");

    /** Steps by the Runge-Kutta method. */
    private static final int STARTS = 3;

    private static final int BASE = 1;
    private static final int SUM = 2;
    private static final int PAST = 3;
    private static final int REGISTERS = 6;

    /**
     * Settings; those that are null are taken from the model.
     *
     * @param skipPrkSteps whether there is no Runge-Kutta start
     * @param setAlphaToOne whether abar beyond the last step is 1
     * @param timesteps which training steps are visited
     */
    record Configuration(
            @Setting(description = "no Runge-Kutta start (PLMS); default: the model's") @Nullable
            Boolean skipPrkSteps,

            @Setting(description = "take abar as 1 beyond the last step; default: the model's") @Nullable
            Boolean setAlphaToOne,

            @Included TimestepSettings timesteps) {}

    private final Configuration configuration;

    @Inject
    PndmSampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    @Override
    public SamplerProgram program(Request request) {
        ModelSettings settings = ModelSettings.of("pndm", request, CLASSES)
                .with("skip_prk_steps", configuration.skipPrkSteps())
                .with("set_alpha_to_one", configuration.setAlphaToOne())
                .with(configuration.timesteps());
        NoiseSchedule schedule = request.schedule();
        if (!schedule.variancePreserving() || request.prediction() == PredictionType.FLOW) {
            throw settings.unsuited(
                    "a flow-matching model", "variance preserving models", "choose a flow-matching sampler");
        }
        boolean skips = settings.flag("skip_prk_steps", false);
        boolean toOne = settings.flag("set_alpha_to_one", false);
        TimestepSpacing spacing = settings.spacing(TimestepSpacing.LEADING);
        int offset = settings.integer("steps_offset", 0);
        settings.warnOfOthers();
        settings.requireSteps(request, request.firstStep() + (skips ? 1 : STARTS + 1), schedule.trainSteps());
        int[] timesteps = spacing.timesteps(schedule.trainSteps(), request.steps(), offset);
        Table table = new Table(schedule, request.prediction(), schedule.trainSteps() / request.steps(), toOne);
        if (skips) {
            table.plms(timesteps, request.firstStep());
        } else {
            table.rungeKutta(timesteps, request.firstStep());
        }
        return table.writer.program(
                (skips ? "plms, " : "pndm, ") + request.steps() + " steps, "
                        + spacing.name().toLowerCase(Locale.ROOT),
                1);
    }

    /** The table as it is written. */
    private static final class Table {
        private final ProgramWriter writer;
        private final Linear x;
        private final NoiseSchedule schedule;
        private final boolean velocity;
        private final int ratio;
        private final boolean toOne;

        Table(NoiseSchedule schedule, PredictionType prediction, int ratio, boolean toOne) {
            this.schedule = schedule;
            this.velocity = prediction == PredictionType.V_PREDICTION;
            this.ratio = ratio;
            this.toOne = toOne;
            writer = new ProgramWriter(
                    REGISTERS, velocity ? PredictionType.V_PREDICTION : PredictionType.EPSILON, OutputTransform.none());
            x = writer.register(0);
        }

        /** Three steps of four calls, then the multistep method. */
        void rungeKutta(int[] timesteps, int firstStep) {
            Linear m = writer.output();
            Linear base = writer.register(BASE);
            Linear sum = writer.register(SUM);
            int step = firstStep;
            for (; step < firstStep + STARTS; step++) {
                int t = timesteps[step];
                // The middle lies half a ratio above the next timestep, where the first call's step ends half a ratio
                // below.
                int middle = timesteps[step + 1] + ratio / 2;
                int end = timesteps[step + 1];
                call(t, moved(x, m, t, t - ratio / 2), x, m.times(1.0 / 6), true);
                call(middle, moved(base, m, t, middle), base, sum.plus(1.0 / 3, m), false);
                call(middle, moved(base, m, t, middle - ratio / 2), base, sum.plus(1.0 / 3, m), false);
                call(end, moved(base, sum.plus(1.0 / 6, m), t, end), base, writer.zero(), false);
            }
            for (; step < timesteps.length; step++) {
                int t = timesteps[step];
                call(t, moved(x, combination(4), t, t - ratio), x, writer.zero(), true);
            }
        }

        /** Lower orders at the start; the first step is made twice. */
        void plms(int[] timesteps, int firstStep) {
            Linear m = writer.output();
            for (int step = firstStep; step < timesteps.length; step++) {
                int t = timesteps[step];
                int order = Math.min(4, step - firstStep + 1);
                call(t, moved(x, combination(order), t, t - ratio), x, writer.zero(), true);
                if (order == 1 && step + 1 < timesteps.length) {
                    int next = timesteps[step + 1];
                    Linear mean = m.times(0.5).plus(0.5, writer.register(PAST));
                    call(next, moved(writer.register(BASE), mean, next + ratio, next), x, writer.zero(), false);
                }
            }
        }

        /** What Adams and Bashforth make of this prediction and those before. */
        private Linear combination(int order) {
            double[] weights = switch (order) {
                case 1 -> new double[] {1};
                case 2 -> new double[] {3.0 / 2, -1.0 / 2};
                case 3 -> new double[] {23.0 / 12, -16.0 / 12, 5.0 / 12};
                default -> new double[] {55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24};
            };
            Linear combination = writer.output().times(weights[0]);
            for (int j = 1; j < order; j++) {
                combination = combination.plus(weights[j], writer.register(PAST + j - 1));
            }
            return combination;
        }

        /** DDIM from training step t to another one, with a combination of predictions. */
        private Linear moved(Linear sample, Linear prediction, int t, int to) {
            double a = schedule.alphaBar(Math.min(t, schedule.trainSteps() - 1));
            double next = to >= 0 ? schedule.alphaBar(to) : toOne ? 1 : schedule.alphaBar(0);
            Linear noise = velocity ? prediction.times(Math.sqrt(a)).plus(Math.sqrt(1 - a), sample) : prediction;
            double divisor = a * Math.sqrt(1 - next) + Math.sqrt(a * (1 - a) * next);
            return sample.times(Math.sqrt(next / a)).plus(-(next - a) / divisor, noise);
        }

        private void call(int t, Linear state, Linear base, Linear sum, boolean remembers) {
            List<Linear> next = new ArrayList<>(List.of(state, base, sum));
            for (int j = 0; j < REGISTERS - PAST; j++) {
                Linear older = j == 0 ? writer.output() : writer.register(PAST + j - 1);
                next.add(remembers ? older : writer.register(PAST + j));
            }
            writer.call(TimePoint.ofStep(schedule, t), 1, 0, next.toArray(Linear[]::new));
        }
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "liu2022pndm",
                "Liu, L., Ren, Y., Lin, Z., Zhao, Z.",
                "Pseudo numerical methods for diffusion models on manifolds",
                2022,
                "ICLR"));
    }
}
