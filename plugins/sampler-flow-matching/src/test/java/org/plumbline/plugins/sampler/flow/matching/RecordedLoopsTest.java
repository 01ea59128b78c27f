package org.plumbline.plugins.sampler.flow.matching;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Configuration;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Spacing;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.testkit.sampler.RecordedLoops;

/** Recorded loops of diffusers' schedulers and of Flow-GRPO's step with its log-probabilities. */
class RecordedLoopsTest {
    @TestFactory
    Stream<DynamicTest> of_the_schedulers() throws IOException {
        return RecordedLoops.tests(
                Set.of("FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler"),
                row -> sampler(row, null, null));
    }

    @TestFactory
    Stream<DynamicTest> of_flow_grpo() throws IOException {
        return RecordedLoops.tests(
                Set.of("FlowGRPO_SDE"),
                row -> sampler(
                        row,
                        Noise.FLOW_GRPO,
                        row.get("config").get("noise_level").asDouble()));
    }

    private static Sampler sampler(JsonNode row, @Nullable Noise noise, @Nullable Double level) {
        JsonNode kwargs = row.path("set_timesteps_kwargs");
        List<Double> sigmas = new ArrayList<>();
        kwargs.path("sigmas").forEach(sigma -> sigmas.add(sigma.asDouble()));
        return new FlowMatchingSampler(new Configuration(
                null,
                noise,
                level,
                null,
                null,
                null,
                Spacing.TRAIN_STEPS,
                kwargs.has("mu") ? kwargs.get("mu").asDouble() : null,
                sigmas.isEmpty() ? null : sigmas));
    }
}
