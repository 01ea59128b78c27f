package org.plumbline.plugins.sampler.pndm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.testkit.sampler.ConfiguredSamplerContract;
import org.plumbline.testkit.sampler.ConvergenceOrder;
import org.plumbline.toolkit.sampler.TimestepSettings;

class PndmSamplerTest {
    private static final Sampler SAMPLER =
            new PndmSampler(new PndmSampler.Configuration(null, null, TimestepSettings.ofModel()));

    @Nested
    class RungeKutta extends Contract {
        RungeKutta() {
            super(PredictionType.EPSILON, false);
        }
    }

    @Nested
    class Plms extends Contract {
        Plms() {
            super(PredictionType.V_PREDICTION, true);
        }
    }

    abstract static class Contract extends ConfiguredSamplerContract {
        Contract(PredictionType prediction, boolean skips) {
            super(SAMPLER, prediction, Map.of("skip_prk_steps", skips, "steps_offset", 1), 5);
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        /** Velocities are combined as they are; the sampler's description says so. */
        @Override
        protected boolean sameForAllPredictions() {
            return false;
        }
    }

    /** Its coefficients are for even steps of time, around a step that is not even in time: no order can be named. */
    @Test
    void it_approaches_the_flow() {
        for (boolean skips : new boolean[] {true, false}) {
            Map<String, Object> settings = Map.of("skip_prk_steps", skips);
            double coarse = ConvergenceOrder.error(SAMPLER, settings, 100);
            double fine = ConvergenceOrder.error(SAMPLER, settings, 400);
            assertTrue(coarse < 1e-3 && fine < coarse / 3, () -> skips + ": " + coarse + ", " + fine);
        }
    }

    @Test
    void the_runge_kutta_start_needs_four_steps() {
        PlumblineException refusal =
                assertThrows(PlumblineException.class, () -> ConvergenceOrder.error(SAMPLER, Map.of(), 3));
        assertEquals(StandardError.BAD_VALUE, refusal.code());
        ConvergenceOrder.error(SAMPLER, Map.of("skip_prk_steps", true), 3);
    }
}
