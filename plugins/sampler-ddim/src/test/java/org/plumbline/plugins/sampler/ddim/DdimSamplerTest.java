package org.plumbline.plugins.sampler.ddim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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
import org.plumbline.toolkit.sampler.ClippingSettings;
import org.plumbline.toolkit.sampler.ThresholdingSettings;
import org.plumbline.toolkit.sampler.TimestepSettings;
import org.plumbline.toolkit.sampler.TimestepSpacing;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

class DdimSamplerTest {
    @Nested
    class Deterministic extends Contract {
        Deterministic() {
            super(0, PredictionType.EPSILON);
        }
    }

    @Nested
    class Ancestral extends Contract {
        Ancestral() {
            super(1, PredictionType.EPSILON);
        }
    }

    @Nested
    class OfVelocity extends Contract {
        OfVelocity() {
            super(0.5, PredictionType.V_PREDICTION);
        }
    }

    @Nested
    class OfSample extends Contract {
        OfSample() {
            super(1, PredictionType.SAMPLE);
        }
    }

    /** The range is one that some of the predicted samples exceed. */
    @Nested
    class Clipped extends Contract {
        Clipped() {
            super(0.7, PredictionType.EPSILON);
        }

        @Override
        protected Map<String, Object> modelSettings() {
            return with(super.modelSettings(), Map.of("clip_sample", true, "clip_sample_range", 0.9));
        }
    }

    @Nested
    class ClippedWithItsOwnEpsilon extends Contract {
        ClippedWithItsOwnEpsilon() {
            super(
                    Configured.configuration(Map.of("eta", 0.7, "use-clipped-model-output", true)),
                    0.7,
                    PredictionType.EPSILON);
        }

        @Override
        protected Map<String, Object> modelSettings() {
            return with(super.modelSettings(), Map.of("clip_sample", true, "clip_sample_range", 0.9));
        }

        @Override
        protected SamplerCall expected(Sampler.Request request, int call) {
            // eps is derived from the clipped sample: no part of the prediction passes the clip.
            SamplerCall split = super.expected(request, call);
            return SamplerCall.single(
                    split.at(), split.transition()[0][0], split.ofOutput()[0] + split.ofRaw()[0], 0, split.noise());
        }
    }

    @Nested
    class Thresholded extends Contract {
        Thresholded() {
            super(1, PredictionType.V_PREDICTION);
        }

        @Override
        protected Map<String, Object> modelSettings() {
            return with(
                    super.modelSettings(),
                    Map.of("thresholding", true, "dynamic_thresholding_ratio", 0.8, "sample_max_value", 5.0));
        }
    }

    private static Map<String, Object> with(Map<String, Object> settings, Map<String, Object> more) {
        Map<String, Object> all = new HashMap<>(settings);
        all.putAll(more);
        return all;
    }

    private static DdimSampler.Configuration eta(double eta, @Nullable TimestepSpacing spacing) {
        return new DdimSampler.Configuration(
                eta,
                new TimestepSettings(spacing, null),
                null,
                ClippingSettings.ofModel(),
                ThresholdingSettings.ofModel(),
                false);
    }

    abstract static class Contract extends SamplerContract {
        private final DdimSampler.Configuration configuration;
        private final double eta;
        private final PredictionType prediction;

        Contract(double eta, PredictionType prediction) {
            this(eta(eta, null), eta, prediction);
        }

        Contract(DdimSampler.Configuration configuration, double eta, PredictionType prediction) {
            this.configuration = configuration;
            this.eta = eta;
            this.prediction = prediction;
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected Sampler sampler() {
            return new DdimSampler(configuration);
        }

        @Override
        protected PredictionType prediction() {
            return prediction;
        }

        /** The paper's step is linear in x and the prediction, so its values at unit vectors are the coefficients. */
        @Override
        protected SamplerCall expected(Sampler.Request request, int call) {
            NoiseSchedule schedule = request.schedule();
            int t = schedule.trainSteps() / request.steps() * (request.steps() - 1 - call) + 1;
            double a = schedule.alphaBar(t);
            double next = schedule.alphaBar(Math.max(0, t - schedule.trainSteps() / request.steps()));
            double s = eta * Math.sqrt((1 - next) / (1 - a)) * Math.sqrt(1 - a / next);
            boolean transformed = request.modelSettings().get("clip_sample").equals(true)
                    || request.modelSettings().containsKey("thresholding");
            TimePoint at = new TimePoint(t, Math.sqrt(a), Math.sqrt(1 - a));
            if (prediction == PredictionType.EPSILON && !transformed) {
                return SamplerCall.single(at, ofEpsilon(1, 0, a, next, s), ofEpsilon(0, 1, a, next, s), 0, s);
            }
            return SamplerCall.single(
                    at, ofSample(1, 0, 0, a, next, s), ofSample(0, 1, 0, a, next, s), ofSample(0, 0, 1, a, next, s), s);
        }

        private static double ofEpsilon(double x, double eps, double a, double next, double s) {
            double sample = (x - Math.sqrt(1 - a) * eps) / Math.sqrt(a);
            return Math.sqrt(next) * sample + Math.sqrt(1 - next - s * s) * eps;
        }

        /** The clipped sample is where the step goes, the raw one says in which direction. */
        private static double ofSample(double x, double clipped, double raw, double a, double next, double s) {
            double eps = (x - Math.sqrt(a) * raw) / Math.sqrt(1 - a);
            return Math.sqrt(next) * clipped + Math.sqrt(1 - next - s * s) * eps;
        }
    }

    private static final NoiseSchedule STABLE_DIFFUSION = DiscreteNoiseSchedule.ofBetas(
            BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);

    private static final Map<String, Object> STABLE_DIFFUSION_SETTINGS =
            Map.of("clip_sample", false, "set_alpha_to_one", false, "steps_offset", 1);

    /**
     * Coefficients in eight digits: steps, call, training step, abar, abar of the next, sigma at eta 1, weight of eps at
     * eta 1 and at eta 0.
     */
    private static final double[][] COEFFICIENTS = {
        {50, 0, 981, 0.00577550, 0.00728173, 0.45446327, -0.23293578, -0.12325201},
        {50, 10, 781, 0.04345600, 0.05136392, 0.39075030, -0.17114163, -0.08932258},
        {50, 25, 481, 0.30229566, 0.33084564, 0.28768527, -0.10807902, -0.05582253},
        {50, 48, 21, 0.98038075, 0.99829603, 0.03947955, -0.12928714, -0.10006354},
        {50, 49, 1, 0.99829603, 0.99915000, 0.02064832, -0.02071417, -0.01214209},
        {25, 0, 961, 0.00728173, 0.01133791, 0.59690229, -0.44804430, -0.24894620},
        {25, 12, 481, 0.30229566, 0.36054322, 0.38479559, -0.21122601, -0.11255713},
        {25, 24, 1, 0.99829603, 0.99915000, 0.02064832, -0.02071417, -0.01214209},
    };

    @Test
    void the_coefficients_of_stable_diffusion_are_the_known_ones() {
        for (double[] row : COEFFICIENTS) {
            SamplerCall ancestral = stableDiffusionCall(1, (int) row[0], (int) row[1]);
            SamplerCall deterministic = stableDiffusionCall(0, (int) row[0], (int) row[1]);
            double half = 0.5e-8;
            assertEquals(row[2], ancestral.at().label());
            assertEquals(row[3], Math.pow(ancestral.at().alpha(), 2), half * 1.01);
            assertEquals(Math.sqrt(row[4] / row[3]), ancestral.transition()[0][0], 1e-5);
            assertEquals(row[5], ancestral.noise(), half * 1.01);
            assertEquals(row[6], ancestral.ofOutput()[0], half * 1.01);
            assertEquals(row[7], deterministic.ofOutput()[0], half * 1.01);
            assertEquals(0, deterministic.noise());
        }
    }

    private static SamplerCall stableDiffusionCall(double eta, int steps, int call) {
        return stableDiffusion(eta, steps).calls().get(call);
    }

    private static SamplerProgram stableDiffusion(double eta, int steps) {
        return new DdimSampler(eta(eta, null))
                .program(new Sampler.Request(
                        STABLE_DIFFUSION, PredictionType.EPSILON, steps, STABLE_DIFFUSION_SETTINGS));
    }

    @Test
    void noise_can_be_kept_at_some_calls_only() {
        SamplerProgram noisy = stableDiffusion(0.7, 10);
        List<String> withNoise = numbers(noisy);
        List<String> without = numbers(stableDiffusion(0, 10));
        BitSet calls = new BitSet();
        assertEquals(without, numbers(noisy.withNoiseOnlyAt(calls)));
        calls.set(0, 10);
        assertEquals(withNoise, numbers(noisy.withNoiseOnlyAt(calls)));
        calls.clear();
        calls.set(4, 6);
        List<String> window = new ArrayList<>(without);
        window.set(4, withNoise.get(4));
        window.set(5, withNoise.get(5));
        assertEquals(window, numbers(noisy.withNoiseOnlyAt(calls)));
        assertNull(stableDiffusion(0, 10).deterministic());
    }

    /** The lines of the table, one per call. */
    private static List<String> numbers(SamplerProgram program) {
        return program.table().lines().skip(1).limit(program.size()).toList();
    }

    @Test
    void the_configuration_goes_before_the_model() {
        Sampler.Request request = new Sampler.Request(
                STABLE_DIFFUSION,
                PredictionType.EPSILON,
                10,
                Map.of("timestep_spacing", "linspace", "clip_sample", true));
        assertEquals(999, first(new DdimSampler(eta(0, null)), request));
        assertEquals(900, first(new DdimSampler(eta(0, TimestepSpacing.LEADING)), request));
        DdimSampler unclipped = Configured.ddim(Map.of("clip-sample", false));
        assertTrue(unclipped.program(request).transform().identity());
    }

    private static double first(DdimSampler sampler, Sampler.Request request) {
        return sampler.program(request).calls().get(0).at().label();
    }

    @Test
    void what_does_not_fit_the_model_is_refused() {
        assertRefused(StandardError.BAD_VALUE, PredictionType.EPSILON, 1001, Map.of());
        assertRefused(StandardError.BAD_VALUE, PredictionType.EPSILON, 0, Map.of());
        assertRefused(StandardError.BAD_VALUE, PredictionType.EPSILON, 1000, Map.of("steps_offset", 1));
        assertRefused(StandardError.INCOMPATIBLE, PredictionType.FLOW, 10, Map.of());
        assertRefused(StandardError.UNSUPPORTED, PredictionType.EPSILON, 10, Map.of("timestep_spacing", "karras"));
    }

    private static void assertRefused(
            StandardError code, PredictionType prediction, int steps, Map<String, Object> settings) {
        PlumblineException refusal = assertThrows(
                PlumblineException.class,
                () -> new DdimSampler(eta(0, null))
                        .program(new Sampler.Request(STABLE_DIFFUSION, prediction, steps, settings)));
        assertEquals(code, refusal.code(), refusal.getMessage());
    }
}
