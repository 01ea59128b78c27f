package org.plumbline.toolkit.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.sampler.NoiseSchedule;

class ContinuousSchedulesTest {
    /**
     * A schedule with the definition of its beta(t) = -2 d log alpha / dt.
     */
    record Defined(NoiseSchedule schedule, DoubleUnaryOperator beta, double until) {
        @Override
        public String toString() {
            return schedule.toString();
        }
    }

    static Stream<Defined> schedules() {
        return Stream.of(
                new Defined(LinearSchedule.standard(), t -> 0.1 + t * 19.9, 1),
                new Defined(
                        ScaledLinearSchedule.standard(),
                        t -> Math.pow(Math.sqrt(0.85) + t * (Math.sqrt(12) - Math.sqrt(0.85)), 2),
                        1),
                new Defined(
                        CosineSchedule.standard(),
                        t -> Math.PI / 1.008 * Math.tan((t + 0.008) / 1.008 * Math.PI / 2),
                        0.9946));
    }

    @ParameterizedTest
    @MethodSource("schedules")
    void log_alpha_begins_at_zero_and_its_derivative_is_minus_half_of_beta(Defined defined) {
        NoiseSchedule schedule = defined.schedule();
        assertEquals(0, schedule.logAlpha(0), 1e-15);
        double h = 1e-6;
        for (double t = 0.001; t < defined.until() - h; t += 0.0097) {
            double slope = (schedule.logAlpha(t + h) - schedule.logAlpha(t - h)) / (2 * h);
            double beta = defined.beta().applyAsDouble(t);
            assertEquals(-beta / 2, slope, 2e-6 * Math.max(1, beta), "t = " + t);
        }
    }

    @ParameterizedTest
    @MethodSource("schedules")
    void time_of_log_alpha_inverts_log_alpha(Defined defined) {
        NoiseSchedule schedule = defined.schedule();
        for (double t = 0.001; t < 1.05; t += 0.000737) {
            assertEquals(t, schedule.timeOfLogAlpha(schedule.logAlpha(t)), 1e-11, "t = " + t);
        }
        assertTrue(Double.isFinite(schedule.logAlpha(1)));
    }

    @ParameterizedTest
    @MethodSource("schedules")
    void training_steps_lie_at_their_times(Defined defined) {
        NoiseSchedule schedule = defined.schedule();
        for (int n = 0; n < 1000; n += 37) {
            double t = (n + 1) / 1000.0;
            assertEquals(0.5 * Math.log(schedule.alphaBar(n)), schedule.logAlpha(t), 1e-12);
            assertEquals(n, schedule.label(t), 1e-9);
        }
    }

    /** Tables of 1000 betas are left-end sums of the integral: they differ by half a step. */
    @Test
    void the_discrete_schedules_approximate_them() {
        double[] linear = BetaSchedule.LINEAR.betas(1000, 1e-4, 0.02, Precision.FLOAT64);
        double[] scaled = BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64);
        NoiseSchedule discreteLinear = DiscreteNoiseSchedule.ofBetas(linear, Precision.FLOAT64);
        NoiseSchedule discreteScaled = DiscreteNoiseSchedule.ofBetas(scaled, Precision.FLOAT64);
        for (double t = 0.2; t <= 1; t += 0.1) {
            double ofLinear = LinearSchedule.standard().logAlpha(t);
            assertEquals(ofLinear, discreteLinear.logAlpha(t), 0.02 * Math.abs(ofLinear));
            double ofScaled = ScaledLinearSchedule.standard().logAlpha(t);
            assertEquals(ofScaled, discreteScaled.logAlpha(t), 0.01 * Math.abs(ofScaled));
        }
    }

    @Test
    void betas_that_do_not_rise_are_refused() {
        assertThrows(PlumblineException.class, () -> new LinearSchedule(2, 1, 1000));
        assertThrows(PlumblineException.class, () -> new ScaledLinearSchedule(0, 1, 1000));
        assertThrows(PlumblineException.class, () -> new CosineSchedule(0, 1000));
    }
}
