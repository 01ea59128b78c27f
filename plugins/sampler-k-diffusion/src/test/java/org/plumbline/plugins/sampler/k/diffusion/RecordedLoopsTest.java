package org.plumbline.plugins.sampler.k.diffusion;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.testkit.sampler.RecordedLoops;

class RecordedLoopsTest {
    @TestFactory
    Stream<DynamicTest> of_euler() throws IOException {
        return RecordedLoops.tests(Configured.euler(Map.of()).schedulerClasses(), RecordedLoopsTest::euler);
    }

    private static Sampler euler(JsonNode row) {
        JsonNode step = row.path("step_kwargs");
        Map<String, Object> settings = new HashMap<>();
        Map.of("s_churn", "churn", "s_tmin", "churn-from", "s_tmax", "churn-to", "s_noise", "churn-noise")
                .forEach((theirs, ours) -> {
                    if (step.has(theirs)) {
                        settings.put(ours, step.get(theirs).asDouble());
                    }
                });
        return Configured.euler(settings);
    }

    @TestFactory
    Stream<DynamicTest> of_euler_ancestral() throws IOException {
        Sampler sampler = Configured.eulerAncestral();
        return RecordedLoops.tests(sampler.schedulerClasses(), row -> sampler);
    }

    @TestFactory
    Stream<DynamicTest> of_heun() throws IOException {
        Sampler sampler = Configured.heun();
        return RecordedLoops.tests(sampler.schedulerClasses(), row -> sampler);
    }

    @TestFactory
    Stream<DynamicTest> of_dpm2() throws IOException {
        Sampler sampler = Configured.dpm2(Map.of());
        return RecordedLoops.tests(sampler.schedulerClasses(), row -> sampler);
    }

    @TestFactory
    Stream<DynamicTest> of_lms() throws IOException {
        return RecordedLoops.tests(
                Configured.lms(4).schedulerClasses(),
                row -> Configured.lms(row.path("step_kwargs").path("order").asInt(4)));
    }
}
