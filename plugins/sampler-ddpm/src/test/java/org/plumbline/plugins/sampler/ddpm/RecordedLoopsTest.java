package org.plumbline.plugins.sampler.ddpm;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.testkit.sampler.RecordedLoops;

class RecordedLoopsTest {
    @TestFactory
    Stream<DynamicTest> loops_are_the_recorded_ones() throws IOException {
        DdpmSampler sampler = new DdpmSampler(DdpmSamplerTest.MODEL_SETTINGS);
        return RecordedLoops.tests(sampler.schedulerClasses(), row -> sampler);
    }
}
