package org.plumbline.plugins.estimator.flowbp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.problem.TanhChain;

class EulerCoordinateTest {
    @Test
    void of_silent_ddim_it_is_sigma_over_alpha_and_of_eulers_flow_sigma() {
        double[] signal = {0.1, 0.4, 0.8, 0.99};
        SamplerProgram ddim = program(PredictionType.EPSILON, k -> {
            double a = Math.sqrt(signal[k + 1] / signal[k]);
            return call(a, Math.sqrt(1 - signal[k + 1]) - a * Math.sqrt(1 - signal[k]));
        });
        EulerCoordinate path = EulerCoordinate.of(ddim);
        double alpha0 = Math.sqrt(signal[0]);
        for (int k = 0; k <= 3; k++) {
            double rho = Math.sqrt(1 / signal[k] - 1) - Math.sqrt(1 / signal[0] - 1);
            assertEquals(Math.sqrt(signal[k]) / alpha0, path.p()[k], 1e-14);
            assertEquals(alpha0 * rho, path.q()[k], 1e-14);
        }

        double[] sigma = {0.9, 0.7, 0.3, 0};
        EulerCoordinate flow = EulerCoordinate.of(program(PredictionType.FLOW, k -> call(1, sigma[k + 1] - sigma[k])));
        assertArrayEquals(new double[] {1, 1, 1, 1}, flow.p());
        assertArrayEquals(new double[] {0, -0.2, -0.6, -0.9}, flow.q(), 1e-15);
    }

    @Test
    void leaps_integrate_polynomials_below_the_number_of_support_points_exactly() {
        double[] q = {0, -0.3, -0.4, -0.9, -1.7, -2};
        EulerCoordinate path = new EulerCoordinate(new double[] {1, 1, 1, 1, 1, 1}, q);
        List<Integer> support = List.of(1, 3, 4);
        double[] weights = path.leap(1, 5, support);
        for (int power = 0; power < 3; power++) {
            double sum = 0;
            for (int i = 0; i < 3; i++) {
                sum += weights[i] * Math.pow(q[support.get(i)], power);
            }
            double integral = (Math.pow(q[5], power + 1) - Math.pow(q[1], power + 1)) / (power + 1);
            assertEquals(integral, sum, 1e-13);
        }
    }

    @Test
    void support_points_are_spread_evenly_from_the_start_on() {
        assertEquals(List.of(2), EulerCoordinate.support(2, 9, 1));
        assertEquals(List.of(2, 5, 8), EulerCoordinate.support(2, 9, 3));
        assertEquals(List.of(2, 3), EulerCoordinate.support(2, 4, 3));
        // 0, 1.67, 3.33, 5
        assertEquals(List.of(0, 2, 3, 5), EulerCoordinate.support(0, 6, 4));
    }

    @Test
    void samplers_with_memory_and_steps_that_drop_the_state_do_not_fit() {
        assertTrue(EulerCoordinate.fits(TanhChain.standard().program(3)));
        assertFalse(EulerCoordinate.fits(TanhChain.standard().programWithMemory(3)));
        assertFalse(EulerCoordinate.fits(program(PredictionType.SAMPLE, k -> call(2 - k, 1))));
    }

    private static SamplerCall call(double a, double b) {
        return SamplerCall.single(new TimePoint(0, 1, 1), a, b, 0, 0);
    }

    private static SamplerProgram program(PredictionType wanted, IntFunction<SamplerCall> call) {
        List<SamplerCall> calls = Arrays.asList(call.apply(0), call.apply(1), call.apply(2));
        return new SamplerProgram("test", wanted, OutputTransform.none(), 1, 1, calls, new double[] {1});
    }
}
