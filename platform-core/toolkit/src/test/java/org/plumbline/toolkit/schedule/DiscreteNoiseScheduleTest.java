package org.plumbline.toolkit.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.plumbline.spi.error.PlumblineException;

class DiscreteNoiseScheduleTest {
    private static final DiscreteNoiseSchedule STABLE_DIFFUSION = DiscreteNoiseSchedule.ofBetas(
            BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT32), Precision.FLOAT32);

    @Test
    void training_steps_lie_at_their_times() {
        for (int n = 0; n < 1000; n++) {
            double t = (n + 1) / 1000.0;
            assertEquals(0.5 * Math.log(STABLE_DIFFUSION.alphaBar(n)), STABLE_DIFFUSION.logAlpha(t), 1e-12);
            assertEquals(n, STABLE_DIFFUSION.label(t), 1e-9);
        }
    }

    @Test
    void log_alpha_is_linear_between_steps_and_beyond_the_outer_ones() {
        DiscreteNoiseSchedule schedule = DiscreteNoiseSchedule.ofAlphaBar(
                new double[] {Math.exp(-0.2), Math.exp(-0.6), Math.exp(-1.6), Math.exp(-4)});
        assertEquals(-0.1, schedule.logAlpha(0.25), 1e-15);
        assertEquals(-0.2, schedule.logAlpha(0.375), 1e-15);
        assertEquals(-0.675, schedule.logAlpha(0.6875), 1e-15);
        assertEquals(0.1, schedule.logAlpha(0), 1e-15);
        assertEquals(-2.6, schedule.logAlpha(1.125), 1e-15);
    }

    @Test
    void time_of_log_alpha_inverts_log_alpha_everywhere() {
        for (double t = -0.01; t < 1.1; t += 0.000137) {
            assertEquals(t, STABLE_DIFFUSION.timeOfLogAlpha(STABLE_DIFFUSION.logAlpha(t)), 1e-11);
        }
    }

    @Test
    void zero_terminal_snr_has_no_signal_at_the_last_step_and_finite_log_alpha() {
        double[] betas = BetaSchedule.rescaleToZeroTerminalSnr(
                BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT32), Precision.FLOAT32);
        DiscreteNoiseSchedule schedule = DiscreteNoiseSchedule.ofBetas(betas, Precision.FLOAT32);
        assertEquals(0, schedule.alphaBar(999));
        assertEquals(-12 * Math.log(2), schedule.logAlpha(1), 1e-12);
        assertTrue(schedule.logAlpha(0.9995) > schedule.logAlpha(1));
    }

    @Test
    void a_schedule_that_does_not_fall_is_refused() {
        for (double[] bad : new double[][] {{0.9, 0.9}, {0.5, 0.6}, {1, 0.5}, {0.5, 0, 0}, {0.5, -0.1}, {0.5}, {}}) {
            assertThrows(PlumblineException.class, () -> DiscreteNoiseSchedule.ofAlphaBar(bad));
        }
    }
}
