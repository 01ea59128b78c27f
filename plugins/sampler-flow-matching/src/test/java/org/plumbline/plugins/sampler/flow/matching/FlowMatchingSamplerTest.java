package org.plumbline.plugins.sampler.flow.matching;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Configuration;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Solver;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Spacing;
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
import org.plumbline.toolkit.schedule.FlowSchedule;
import org.plumbline.toolkit.schedule.Precision;

class FlowMatchingSamplerTest {
    private static final FlowSchedule SCHEDULE = new FlowSchedule(1000);
    private static final double SHIFT = 3;

    @Nested
    class Ode extends Contract {
        Ode() {
            super(Noise.NONE, 0, null);
        }
    }

    @Nested
    class FlowGrpo extends Contract {
        FlowGrpo() {
            super(Noise.FLOW_GRPO, 0.7, null);
        }
    }

    @Nested
    class DanceGrpo extends Contract {
        DanceGrpo() {
            super(Noise.DANCE_GRPO, 0.3, null);
        }
    }

    @Nested
    class DanceGrpoWithNoiseInTheLastStep extends Contract {
        DanceGrpoWithNoiseInTheLastStep() {
            super(Noise.DANCE_GRPO, 0.4, true);
        }
    }

    @Nested
    class CoefficientsPreserving extends Contract {
        CoefficientsPreserving() {
            super(Noise.CPS, 0.8, null);
        }
    }

    /** Two calls per step; its table is that of the trapezoidal rule. */
    @Nested
    class Heun extends Contract {
        Heun() {
            super(new Configuration(Solver.HEUN, Noise.NONE, null, null, SHIFT, null, Spacing.UNIFORM), Noise.NONE, 0);
        }

        @Override
        protected SamplerCall expected(Sampler.Request request, int call) {
            int step = call / 2;
            double s = node(step, request.steps());
            double next = node(step + 1, request.steps());
            double h = next - s;
            double[] nothing = new double[2];
            double[] first = {1, 0};
            if (step == request.steps() - 1) {
                return new SamplerCall(
                        at(s), 1, first, new double[][] {{1, 0}, {0, 0}}, new double[] {h, 0}, nothing, 0);
            }
            return call % 2 == 0
                    ? new SamplerCall(
                            at(s), 1, first, new double[][] {{1, 0}, {1, 0}}, new double[] {h, h / 2}, nothing, 0)
                    : new SamplerCall(
                            at(next), 1, first, new double[][] {{0, 1}, {0, 0}}, new double[] {h / 2, 0}, nothing, 0);
        }
    }

    abstract static class Contract extends SamplerContract {
        private final Configuration configuration;
        private final Noise noise;
        private final double level;

        Contract(Noise noise, double level, @Nullable Boolean finalNoise) {
            this(
                    new Configuration(
                            Solver.EULER, noise, level == 0 ? null : level, finalNoise, SHIFT, null, Spacing.UNIFORM),
                    noise,
                    level);
        }

        Contract(Configuration configuration, Noise noise, double level) {
            this.configuration = configuration;
            this.noise = noise;
            this.level = level;
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected Sampler sampler() {
            return new FlowMatchingSampler(configuration);
        }

        @Override
        protected NoiseSchedule schedule() {
            return SCHEDULE;
        }

        @Override
        protected PredictionType prediction() {
            return PredictionType.FLOW;
        }

        @Override
        protected Map<String, Object> modelSettings() {
            return Map.of();
        }

        /** The authors' steps are linear in x and v, so their values at unit vectors are the coefficients. */
        @Override
        protected SamplerCall expected(Sampler.Request request, int call) {
            double s = node(call, request.steps());
            double next = node(call + 1, request.steps());
            boolean end = call == request.steps() - 1;
            Noise here = end && noise == Noise.DANCE_GRPO && configuration.finalNoise() == null ? Noise.NONE : noise;
            double first = node(1, request.steps());
            double std = deviation(here, s, next, level, first);
            return SamplerCall.single(
                    at(s), mean(here, 1, 0, s, next, level, std), mean(here, 0, 1, s, next, level, std), 0, std);
        }
    }

    private static double deviation(Noise noise, double s, double next, double level, double first) {
        return switch (noise) {
            case NONE -> 0;
            case FLOW_GRPO -> level * Math.sqrt(s / (1 - (s == 1 ? first : s))) * Math.sqrt(s - next);
            case DANCE_GRPO -> level * Math.sqrt(s - next);
            case CPS -> next * Math.sin(level * Math.PI / 2);
        };
    }

    /** As in the papers: Flow-GRPO by x and v, DanceGRPO by the score, CPS by sample and noise. */
    private static double mean(Noise noise, double x, double v, double s, double next, double level, double std) {
        double dt = next - s;
        return switch (noise) {
            case NONE -> x + v * dt;
            case FLOW_GRPO -> {
                double square = std * std / -dt;
                yield x * (1 + square / (2 * s) * dt) + v * (1 + square * (1 - s) / (2 * s)) * dt;
            }
            case DANCE_GRPO -> {
                double sample = x - s * v;
                double score = -(x - sample * (1 - s)) / (s * s);
                yield x + dt * v - 0.5 * level * level * score * dt;
            }
            case CPS -> (1 - next) * (x - s * v) + Math.sqrt(next * next - std * std) * (x + (1 - s) * v);
        };
    }

    private static double node(int i, int steps) {
        double s = 1 - (double) i / steps;
        return SHIFT * s / (1 + (SHIFT - 1) * s);
    }

    private static TimePoint at(double sigma) {
        return new TimePoint(1000 * sigma, 1 - sigma, sigma);
    }

    @ParameterizedTest
    @EnumSource(Noise.class)
    void the_ode_is_the_deterministic_form(Noise noise) {
        SamplerProgram program = program(noise, null);
        SamplerProgram ode = program(Noise.NONE, null);
        if (noise == Noise.NONE) {
            assertNull(program.deterministic());
            return;
        }
        assertCalls(ode, program.withNoiseOnlyAt(new BitSet()));
        BitSet all = new BitSet();
        all.set(0, program.size());
        assertCalls(program, program.withNoiseOnlyAt(all));
        assertCalls(ode, Objects.requireNonNull(program.deterministic()));
        BitSet two = new BitSet();
        two.set(1, 3);
        assertEquals(two, noisy(program.withNoiseOnlyAt(two)));
    }

    /** Whatever the level, signal and noise of a step add up to those of the next node. */
    @Test
    void coefficients_are_preserved() {
        for (double level : new double[] {0, 0.3, 0.8, 1}) {
            SamplerProgram program = program(Noise.CPS, level);
            for (int k = 0; k < program.size(); k++) {
                SamplerCall call = program.calls().get(k);
                double s = call.at().sigma();
                double a = call.transition()[0][0];
                double b = call.ofOutput()[0];
                double ofSample = a * (1 - s) - b;
                double ofNoise = a * s + b;
                double next =
                        k + 1 < program.size() ? program.calls().get(k + 1).at().sigma() : 0;
                assertEquals(1 - next, ofSample, 1e-14);
                assertEquals(next, Math.hypot(ofNoise, call.noise()), 1e-14);
            }
        }
    }

    @Test
    void shifts_come_from_the_configuration_then_from_the_model() {
        assertArrayEquals(new double[] {1, 0.75, 0}, nodes(null, Map.of("shift", 3), Spacing.UNIFORM), 1e-15);
        assertArrayEquals(new double[] {1, 0.5, 0}, nodes(1.0, Map.of("shift", 3), Spacing.UNIFORM), 1e-15);
        // Twice shifted, as a training sigma and as a node.
        double once = 3 * 0.001 / (1 + 2 * 0.001);
        assertArrayEquals(new double[] {1, 3 * once / (1 + 2 * once), 0}, nodes(null, Map.of("shift", 3), null), 1e-15);
    }

    @Test
    void dynamic_shifts_follow_from_the_number_of_tokens() {
        Map<String, Object> model = Map.of("use_dynamic_shifting", true, "base_shift", 0.5, "max_shift", 1.15);
        for (int tokens : new int[] {256, 4096}) {
            double mu = tokens == 256 ? 0.5 : 1.15;
            Configuration configuration = new Configuration(Solver.EULER, Noise.NONE, null, null, null, tokens, null);
            double[] found = nodes(configuration, model, 4);
            for (int i = 1; i < 4; i++) {
                double even = 1 - i / 4.0;
                assertEquals(Math.exp(mu) / (Math.exp(mu) + 1 / even - 1), found[i], 1e-14);
            }
        }
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> nodes(null, model, Spacing.UNIFORM));
        assertEquals(StandardError.BAD_VALUE, refusal.code());
    }

    private static double[] nodes(@Nullable Double shift, Map<String, Object> model, @Nullable Spacing spacing) {
        return nodes(new Configuration(Solver.EULER, Noise.NONE, null, null, shift, null, spacing), model, 2);
    }

    private static double[] nodes(Configuration configuration, Map<String, Object> model, int steps) {
        SamplerProgram program = new FlowMatchingSampler(configuration)
                .program(new Sampler.Request(SCHEDULE, PredictionType.FLOW, steps, model));
        double[] nodes = new double[steps + 1];
        for (int i = 0; i < steps; i++) {
            nodes[i] = program.calls().get(i).at().sigma();
        }
        return nodes;
    }

    @Test
    void what_does_not_fit_is_refused() {
        NoiseSchedule preserving = DiscreteNoiseSchedule.ofBetas(
                BetaSchedule.LINEAR.betas(1000, 1e-4, 0.02, Precision.FLOAT64), Precision.FLOAT64);
        assertRefused(StandardError.INCOMPATIBLE, Noise.NONE, null, null, preserving, PredictionType.FLOW, 10);
        assertRefused(StandardError.INCOMPATIBLE, Noise.NONE, null, null, SCHEDULE, PredictionType.EPSILON, 10);
        assertRefused(StandardError.BAD_VALUE, Noise.NONE, null, null, SCHEDULE, PredictionType.FLOW, 0);
        assertRefused(StandardError.BAD_VALUE, Noise.NONE, null, null, SCHEDULE, PredictionType.FLOW, 1001);
        assertRefused(StandardError.BAD_VALUE, Noise.CPS, 1.1, null, SCHEDULE, PredictionType.FLOW, 10);
        assertRefused(StandardError.BAD_VALUE, Noise.CPS, null, true, SCHEDULE, PredictionType.FLOW, 10);
        assertRefused(StandardError.BAD_VALUE, Noise.FLOW_GRPO, null, null, SCHEDULE, PredictionType.FLOW, 1);
        PlumblineException refusal = assertThrows(
                PlumblineException.class,
                () -> new FlowMatchingSampler(new Configuration(Solver.HEUN, Noise.CPS, null, null, null, null, null))
                        .program(new Sampler.Request(SCHEDULE, PredictionType.FLOW, 4, Map.of())));
        assertEquals(StandardError.BAD_VALUE, refusal.code());
    }

    private static void assertRefused(
            StandardError code,
            Noise noise,
            @Nullable Double level,
            @Nullable Boolean finalNoise,
            NoiseSchedule schedule,
            PredictionType prediction,
            int steps) {
        FlowMatchingSampler sampler =
                new FlowMatchingSampler(new Configuration(Solver.EULER, noise, level, finalNoise, null, null, null));
        PlumblineException refusal = assertThrows(
                PlumblineException.class,
                () -> sampler.program(new Sampler.Request(schedule, prediction, steps, Map.of())));
        assertEquals(code, refusal.code(), refusal.getMessage());
    }

    @Test
    void each_form_names_its_source() {
        for (Noise noise : Noise.values()) {
            int sources = new FlowMatchingSampler(new Configuration(Solver.EULER, noise, null, null, null, null, null))
                    .citations()
                    .size();
            assertEquals(noise == Noise.NONE ? 2 : 3, sources);
        }
    }

    private static SamplerProgram program(Noise noise, @Nullable Double level) {
        return new FlowMatchingSampler(
                        new Configuration(Solver.EULER, noise, level, null, SHIFT, null, Spacing.UNIFORM))
                .program(new Sampler.Request(SCHEDULE, PredictionType.FLOW, 6, Map.of()));
    }

    private static BitSet noisy(SamplerProgram program) {
        BitSet noisy = new BitSet();
        for (int k = 0; k < program.size(); k++) {
            noisy.set(k, program.stochastic(k));
        }
        return noisy;
    }

    private static void assertCalls(SamplerProgram expected, SamplerProgram found) {
        List<String> lines = expected.table().lines().skip(1).toList();
        assertTrue(lines.size() > 1);
        assertEquals(lines, found.table().lines().skip(1).toList());
    }
}
