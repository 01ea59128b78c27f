package org.plumbline.toolkit.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.sampler.TimePoint;

class FlowScheduleTest {
    private static final FlowSchedule SCHEDULE = new FlowSchedule(1000);

    @Test
    void signal_and_noise_add_up_to_one_at_every_time() {
        for (double t = 0.001; t <= 1; t += 0.0037) {
            TimePoint at = TimePoint.ofTime(SCHEDULE, t);
            assertEquals(t, at.sigma(), 1e-15);
            assertEquals(1 - t, at.alpha(), 1e-15);
            assertEquals(1000 * t, at.label(), 1e-12);
        }
    }

    @Test
    void the_first_time_is_pure_noise() {
        TimePoint noise = TimePoint.ofTime(SCHEDULE, 1);
        assertEquals(0, noise.alpha());
        assertEquals(1, noise.sigma());
        assertEquals(1000, noise.label());
    }

    @Test
    void training_steps_lie_at_their_times() {
        for (int n = 0; n < 1000; n++) {
            TimePoint at = TimePoint.ofStep(SCHEDULE, n);
            TimePoint same = TimePoint.ofTime(SCHEDULE, (n + 1) / 1000.0);
            assertEquals(same.alpha(), at.alpha(), 1e-15);
            assertEquals(same.sigma(), at.sigma(), 1e-15);
            assertEquals(same.label(), at.label(), 1e-12);
        }
        assertFalse(SCHEDULE.variancePreserving());
    }

    @Test
    void time_of_log_alpha_inverts_log_alpha() {
        for (double t = 0; t < 1; t += 0.0137) {
            assertEquals(t, SCHEDULE.timeOfLogAlpha(SCHEDULE.logAlpha(t)), 1e-15);
        }
        assertEquals(1, SCHEDULE.timeOfLogAlpha(Double.NEGATIVE_INFINITY));
    }

    @Test
    void a_schedule_without_steps_is_refused() {
        assertThrows(PlumblineException.class, () -> new FlowSchedule(0));
    }
}
