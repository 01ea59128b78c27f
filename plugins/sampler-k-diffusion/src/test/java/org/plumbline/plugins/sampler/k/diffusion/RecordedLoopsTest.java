package org.plumbline.plugins.sampler.k.diffusion;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.testkit.sampler.RecordedLoops;

class RecordedLoopsTest {
    @TestFactory
    Stream<DynamicTest> of_euler() throws IOException {
        return RecordedLoops.tests(Configured.euler().schedulerClasses(), RecordedLoopsTest::euler);
    }

    private static Sampler euler(JsonNode row) {
        JsonNode step = row.path("step_kwargs");
        @Nullable Double to = step.has("s_tmax") ? step.get("s_tmax").asDouble() : null;
        return new EulerSampler(new EulerSampler.Configuration(
                step.path("s_churn").asDouble(0),
                step.path("s_tmin").asDouble(0),
                to,
                step.path("s_noise").asDouble(1),
                null,
                null,
                null,
                null,
                null,
                null));
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
        Sampler sampler = Configured.dpm2(null);
        return RecordedLoops.tests(sampler.schedulerClasses(), row -> sampler);
    }

    @TestFactory
    Stream<DynamicTest> of_lms() throws IOException {
        return RecordedLoops.tests(
                Configured.lms(4).schedulerClasses(),
                row -> Configured.lms(row.path("step_kwargs").path("order").asInt(4)));
    }
}
