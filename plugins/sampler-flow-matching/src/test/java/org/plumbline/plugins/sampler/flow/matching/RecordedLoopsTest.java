package org.plumbline.plugins.sampler.flow.matching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Configuration;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Solver;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.problem.GoldenFolder;
import org.plumbline.toolkit.schedule.FlowSchedule;

/**
 * Loops of diffusers' FlowMatchEulerDiscreteScheduler and of Flow-GRPO's step with its log-probabilities, recorded in
 * float32 on four images of 192 numbers with the model v = x t / (t + 1).
 *
 * <p>{@code -Dplumbline.golden=<folder>} reads {@code scheduler_expectations.json} from there instead of from the
 * resources.
 */
class RecordedLoopsTest {
    private static final int IMAGES = 4;
    private static final int PIXELS = 192;

    /** Of sums of float32 numbers, relative. */
    private static final double SUM = 1e-6;

    /** Of a mean log-probability: at the last step x' - mean is a small difference, and divided by 1e-4. */
    private static final double LOG_PROBABILITY = 2e-5;

    @TestFactory
    Stream<DynamicTest> loops_are_the_recorded_ones() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode row : rows()) {
            String scheduler = row.get("scheduler").asText();
            if (scheduler.equals("FlowMatchEulerDiscreteScheduler")) {
                tests.add(dynamicTest(row.get("test").asText(), () -> check(row, Noise.NONE)));
            } else if (scheduler.equals("FlowGRPO_SDE")) {
                tests.add(dynamicTest(row.get("test").asText(), () -> check(row, Noise.FLOW_GRPO)));
            }
        }
        assertTrue(!tests.isEmpty());
        return tests.stream();
    }

    private static void check(JsonNode row, Noise noise) {
        JsonNode config = row.get("config");
        Double level = noise == Noise.NONE ? null : config.get("noise_level").asDouble();
        SamplerProgram program = new FlowMatchingSampler(
                        new Configuration(Solver.EULER, noise, level, null, null, null, null))
                .program(new Sampler.Request(
                        new FlowSchedule(config.get("num_train_timesteps").asInt()),
                        PredictionType.FLOW,
                        row.get("steps").asInt(),
                        Map.of("shift", config.get("shift").asDouble())));
        double[] x = ramp(false);
        double[] z = ramp(true);
        for (int k = 0; k < program.size(); k++) {
            SamplerCall call = program.calls().get(k);
            JsonNode traced = row.get("trace_timestep_abs_sum").get(k);
            double t = call.at().label();
            assertEquals(traced.get(0).asDouble(), t, 1e-4);
            double[] logProbability = new double[IMAGES];
            for (int i = 0; i < x.length; i++) {
                double mean = call.transition()[0][0] * x[i] + call.ofOutput()[0] * x[i] * t / (t + 1);
                x[i] = mean + call.noise() * z[i];
                logProbability[i / PIXELS] +=
                        (-z[i] * z[i] / 2 - Math.log(call.noise()) - Math.log(2 * Math.PI) / 2) / PIXELS;
            }
            assertEquals(traced.get(1).asDouble(), absoluteSum(x), SUM * absoluteSum(x), "call " + k);
            for (int image = 0; noise != Noise.NONE && image < IMAGES; image++) {
                double recorded =
                        row.get("logprob_per_step_per_sample").get(k).get(image).asDouble();
                assertEquals(recorded, logProbability[image], LOG_PROBABILITY, "call " + k);
            }
        }
        JsonNode first = row.get("first4");
        for (int i = 0; i < first.size(); i++) {
            assertEquals(first.get(i).asDouble(), x[i], 1e-6);
        }
    }

    private static double absoluteSum(double[] values) {
        return Arrays.stream(values).map(Math::abs).sum();
    }

    /** Number i of image b is (4 i + b) / 768, or the same counted backwards. */
    private static double[] ramp(boolean backwards) {
        double[] values = new double[IMAGES * PIXELS];
        Arrays.setAll(values, at -> {
            int n = IMAGES * (at % PIXELS) + at / PIXELS;
            return (backwards ? 767 - n : n) / 768.0;
        });
        return values;
    }

    private static JsonNode rows() throws IOException {
        String name = "scheduler_expectations.json";
        Path named = GoldenFolder.find(name).orElse(null);
        try (InputStream in = named != null
                ? Files.newInputStream(named)
                : Objects.requireNonNull(RecordedLoopsTest.class.getResourceAsStream(name))) {
            return new ObjectMapper().readTree(in);
        }
    }
}
