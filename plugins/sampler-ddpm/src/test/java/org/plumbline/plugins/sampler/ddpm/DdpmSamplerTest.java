package org.plumbline.plugins.sampler.ddpm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.testkit.sampler.SamplerContract;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;
import org.plumbline.toolkit.settings.SettingsBinder;

class DdpmSamplerTest {
    /** Everything as the model says. */
    static final DdpmSampler.Configuration MODEL_SETTINGS =
            SettingsBinder.of(DdpmSampler.Configuration.class).bind(Map.of(), "sampler 'ddpm'");

    @Nested
    class Small extends Contract {
        Small() {
            super("fixed_small", PredictionType.EPSILON, Map.of());
        }
    }

    @Nested
    class LargeOfVelocity extends Contract {
        LargeOfVelocity() {
            super("fixed_large", PredictionType.V_PREDICTION, Map.of());
        }
    }

    /** The range is one that some of the predicted samples exceed. */
    @Nested
    class SmallLogClipped extends Contract {
        SmallLogClipped() {
            super("fixed_small_log", PredictionType.EPSILON, Map.of("clip_sample", true, "clip_sample_range", 0.9));
        }
    }

    abstract static class Contract extends SamplerContract {
        private final String variance;
        private final PredictionType prediction;
        private final Map<String, Object> more;

        Contract(String variance, PredictionType prediction, Map<String, Object> more) {
            this.variance = variance;
            this.prediction = prediction;
            this.more = more;
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected Sampler sampler() {
            return new DdpmSampler(MODEL_SETTINGS);
        }

        @Override
        protected PredictionType prediction() {
            return prediction;
        }

        @Override
        protected Map<String, Object> modelSettings() {
            Map<String, Object> settings = new HashMap<>(super.modelSettings());
            settings.put("variance_type", variance);
            settings.putAll(more);
            return settings;
        }

        /** The posterior as a product of two normal densities: precisions add up, means are weighted with them. */
        @Override
        protected SamplerCall expected(Sampler.Request request, int call) {
            NoiseSchedule schedule = request.schedule();
            int ratio = schedule.trainSteps() / request.steps();
            int t = ratio * (request.steps() - 1 - call) + 1;
            double a = schedule.alphaBar(t);
            double next = t - ratio < 0 ? 1 : schedule.alphaBar(t - ratio);
            double kept = (float) (a / next);
            TimePoint at = new TimePoint(t, Math.sqrt(a), Math.sqrt(1 - a));
            double ofSample = Math.sqrt(next) * (1 - kept) / (1 - a);
            double ofState = Math.sqrt(kept) * (1 - next) / (1 - a);
            double s = variance.startsWith("fixed_large")
                    ? Math.sqrt(1 - kept)
                    : Math.sqrt((1 - next) * (1 - kept) / (1 - a));
            boolean noise = prediction == PredictionType.EPSILON && more.isEmpty();
            return noise
                    ? SamplerCall.single(
                            at, ofState + ofSample / Math.sqrt(a), -ofSample * Math.sqrt((1 - a) / a), 0, s)
                    : SamplerCall.single(at, ofState, ofSample, 0, s);
        }
    }

    private static final NoiseSchedule SCHEDULE = DiscreteNoiseSchedule.ofBetas(
            BetaSchedule.LINEAR.betas(1000, 1e-4, 0.02, Precision.FLOAT64), Precision.FLOAT64);

    private static SamplerProgram program(int steps, Map<String, Object> settings) {
        return new DdpmSampler(MODEL_SETTINGS)
                .program(new Sampler.Request(SCHEDULE, PredictionType.EPSILON, steps, settings));
    }

    /** With the posterior's variance it is DDIM with eta 1, whose last step has no noise either. */
    @Test
    void the_last_step_has_no_noise() {
        SamplerProgram program = program(10, Map.of("clip_sample", false, "variance_type", "fixed_large"));
        assertEquals(0, program.calls().get(9).noise());
        assertEquals(0, program.calls().get(9).at().label());
    }

    @Test
    void learned_variances_are_refused_by_name() {
        for (String learned : new String[] {"learned", "learned_range"}) {
            PlumblineException refusal =
                    assertThrows(PlumblineException.class, () -> program(10, Map.of("variance_type", learned)));
            assertEquals(StandardError.UNSUPPORTED, refusal.code());
            assertEquals(true, refusal.getMessage().contains(learned), refusal::getMessage);
        }
    }

    @Test
    void training_steps_that_do_not_exist_are_refused() {
        assertThrows(PlumblineException.class, () -> program(1001, Map.of()));
        assertThrows(PlumblineException.class, () -> program(1000, Map.of("steps_offset", 1)));
    }
}
