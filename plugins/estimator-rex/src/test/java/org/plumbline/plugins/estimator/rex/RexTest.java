package org.plumbline.plugins.estimator.rex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.rex.Rex.Configuration;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;
import org.plumbline.testkit.estimator.TenStepToy;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.ExponentialIntegrator.Grid;
import org.plumbline.toolkit.sampler.FlowDomain;

class RexTest {
    @Nested
    class Euler extends Contract {
        Euler() {
            super(ButcherTableau.EULER, FlowDomain.DATA);
        }
    }

    @Nested
    class MidpointInTheNoiseDomain extends Contract {
        MidpointInTheNoiseDomain() {
            super(ButcherTableau.MIDPOINT, FlowDomain.NOISE);
        }
    }

    @Test
    void euler_in_the_noise_domain_is_refused_with_the_reason() {
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = TenStepToy.open(backend, 2)) {
            Rex rex = new Rex(new Configuration(ButcherTableau.EULER, null, Grid.LOG_SNR, FlowDomain.NOISE, 0.999));
            PlumblineException refusal =
                    assertThrows(PlumblineException.class, () -> rex.check(bench.profile(TenStepToy.program())));
            assertEquals(StandardError.BAD_VALUE, refusal.code());
            assertTrue(refusal.getMessage().contains("drift apart"), refusal.getMessage());
        }
    }

    @Test
    void a_step_that_keeps_nothing_of_y_is_refused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new Configuration(ButcherTableau.EULER, null, Grid.LOG_SNR, FlowDomain.DATA, 0));
    }

    abstract static class Contract extends GradientEstimatorContract {
        private final Configuration configuration;

        Contract(ButcherTableau method, FlowDomain domain) {
            configuration = new Configuration(method, null, Grid.TIME_UNIFORM, domain, 0.999);
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected GradientEstimator estimator() {
            return new Rex(configuration);
        }

        /** (2 N - 1) increments forwards; backwards each again, with 2 s - 1 evaluations and s products. */
        @Override
        protected ExpectedWork work(SamplerProgram program) {
            int stages = configuration.method().stages();
            int increments = program.size() / stages;
            return new ExpectedWork(
                    program.size() + (long) increments * (2 * stages - 1), (long) increments * stages, 1);
        }

        @Override
        protected int replicas() {
            return 60;
        }
    }
}
