package org.plumbline.plugins.sampler.ddim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.testkit.sampler.RecordedLoops;

/** Recorded loops of DDIM, and the schedules of all samplers. */
class RecordedLoopsTest {
    @TestFactory
    Stream<DynamicTest> loops_are_the_recorded_ones() throws IOException {
        return RecordedLoops.tests(Set.of("DDIMScheduler"), RecordedLoopsTest::sampler);
    }

    private static Sampler sampler(JsonNode row) {
        JsonNode step = row.path("step_kwargs");
        double eta = row.has("scalar_assertions") ? 1 : step.path("eta").asDouble(0);
        boolean clipped = step.path("use_clipped_model_output").asBoolean(false);
        return Configured.ddim(Map.of("eta", eta, "use-clipped-model-output", clipped));
    }

    @TestFactory
    Stream<DynamicTest> schedules_are_the_recorded_ones() throws IOException {
        return RecordedLoops.rows().stream()
                .filter(row -> row.get("scheduler").asText().equals("alphas_cumprod"))
                .map(row -> dynamicTest(row.get("test").asText(), () -> {
                    NoiseSchedule schedule = RecordedLoops.schedule(
                            "DDIMScheduler",
                            config(row.get("config").get("schedule").asText()));
                    double allowed = row.get("tolerance").get("rel").asDouble();
                    row.get("values").properties().forEach(entry -> {
                        if (entry.getKey().matches("\\d+")) {
                            double expected = entry.getValue().asDouble();
                            double found = schedule.alphaBar(Integer.parseInt(entry.getKey()));
                            // Cosine: the last alpha_bar is a difference of nearly equal float32 numbers.
                            assertEquals(expected, found, Math.max(allowed * expected, 1e-9), entry.getKey());
                        }
                    });
                }));
    }

    private static ObjectNode config(String name) {
        ObjectNode config = new ObjectMapper().createObjectNode();
        boolean linear = name.equals("ddpm_linear") || name.equals("cosine");
        return config.put("num_train_timesteps", 1000)
                .put("beta_start", linear ? 1e-4 : 0.00085)
                .put("beta_end", linear ? 0.02 : 0.012)
                .put("beta_schedule", name.equals("cosine") ? "squaredcos_cap_v2" : linear ? "linear" : "scaled_linear")
                .put("rescale_betas_zero_snr", name.equals("sd_zero_snr"));
    }
}
