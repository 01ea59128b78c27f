package org.plumbline.plugins.sampler.dpm.solver;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.testkit.sampler.RecordedLoops;

class RecordedLoopsTest {
    @TestFactory
    Stream<DynamicTest> of_dpm_solver() throws IOException {
        return loops(Configured.dpmSolver());
    }

    @TestFactory
    Stream<DynamicTest> of_dpm_solver_singlestep() throws IOException {
        return loops(Configured.singlestep());
    }

    @TestFactory
    Stream<DynamicTest> of_unipc() throws IOException {
        return loops(Configured.unipc());
    }

    @TestFactory
    Stream<DynamicTest> of_deis() throws IOException {
        return loops(Configured.deis());
    }

    private static Stream<DynamicTest> loops(Sampler sampler) throws IOException {
        return RecordedLoops.tests(sampler.schedulerClasses(), row -> sampler);
    }
}
