package org.plumbline.plugins.sampler.pndm;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.testkit.sampler.RecordedLoops;
import org.plumbline.toolkit.sampler.TimestepSettings;

class RecordedLoopsTest {
    @TestFactory
    Stream<DynamicTest> loops_are_the_recorded_ones() throws IOException {
        PndmSampler sampler = new PndmSampler(new PndmSampler.Configuration(null, null, TimestepSettings.ofModel()));
        return RecordedLoops.tests(sampler.schedulerClasses(), row -> sampler);
    }
}
