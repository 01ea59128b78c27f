package org.plumbline.plugins.sampler.flow.matching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Configuration;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Solver;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Spacing;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.GaussianFlow;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.schedule.FlowSchedule;

/**
 * What the samplers make of Gaussian data whose velocity is exact. Along each axis of the data a step is linear in the
 * state, x' = a x + b v + s z with v = q (x - alpha m) - m, so that mean and variance of the samples follow from the table
 * without sampling.
 */
class MarginalsTest {
    private static final FlowSchedule SCHEDULE = new FlowSchedule(100_000);

    /** Means of the data along its axes, and their deviations. */
    private static final double[] MEAN = {0.8, -0.5, 0.3};

    private static final double[] DEVIATION = {Math.exp(0.1), Math.exp(-0.7), Math.exp(-1.3)};

    @Test
    void the_ode_makes_the_data_with_the_order_of_its_solver() {
        assertOrder(1, Solver.EULER, Noise.NONE, 0, 0.1);
        assertOrder(2, Solver.HEUN, Noise.NONE, 0, 0.1);
    }

    @Test
    void the_sde_with_bounded_noise_makes_the_data_to_first_order() {
        assertOrder(1, Solver.EULER, Noise.DANCE_GRPO, 0.3, 0.1);
        assertOrder(1, Solver.EULER, Noise.DANCE_GRPO, 1, 0.15);
    }

    /**
     * The noise is infinite at s = 1: a first step of any size adds a^4 / 4 to the variance. The error decays as
     * (1 - s)^(a^2) in the variance, and with half that power in the mean.
     */
    @Test
    void the_sde_with_noise_that_grows_towards_one_makes_the_data_with_order_half_a_square() {
        assertOrder(0.245, Solver.EULER, Noise.FLOW_GRPO, 0.7, 0.02);
        SamplerCall first =
                program(Solver.EULER, Noise.FLOW_GRPO, 0.7, 1000).calls().get(0);
        double variance = first.transition()[0][0] * first.transition()[0][0] + first.noise() * first.noise();
        assertEquals(1 + Math.pow(0.7, 4) / 4, variance, 1e-3);
    }

    /** At a fixed level every step loses variance; where the level falls with the root of the step size it does not matter. */
    @Test
    void coefficients_are_preserved_but_marginals_are_not() {
        double coarse = error(program(Solver.EULER, Noise.CPS, 0.8, 100));
        double fine = error(program(Solver.EULER, Noise.CPS, 0.8, 6400));
        assertTrue(coarse > 0.1 && fine > 0.1, coarse + " and " + fine);
        double few = error(program(Solver.EULER, Noise.CPS, 0.8 / 10, 100));
        double many = error(program(Solver.EULER, Noise.CPS, 0.8 / 40, 1600));
        assertEquals(16, few / many, 2);
    }

    /** The moments of the table are those of samples: four standard errors of 20,000 of them. */
    @Test
    void samples_have_the_moments_that_follow_from_the_table() {
        SamplerProgram program = program(Solver.EULER, Noise.FLOW_GRPO, 0.7, 8);
        int rows = 20_000;
        double[] axes =
                Objects.requireNonNull(new GaussianFlow().weights().get("axes")).values();
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = Workbench.open(
                        backend,
                        new ChainParts(
                                ClosedFormModel.of(new GaussianFlow(), SCHEDULE),
                                new TrainableTarget.Full(List.of()),
                                1,
                                QuadraticReward.around(0, 0, 0),
                                List.of(""),
                                rows))) {
            double[] x = bench.images(
                            program,
                            new Batch(Collections.nCopies(rows, ""), NoiseSource.keyed(5, "marginals", 0)),
                            bench.initialParameters(0))
                    .pixels();
            for (int axis = 0; axis < 3; axis++) {
                double sum = 0;
                double squares = 0;
                double rotatedMean = 0;
                for (int j = 0; j < 3; j++) {
                    rotatedMean += axes[3 * axis + j] * MEAN[j];
                }
                for (int row = 0; row < rows; row++) {
                    double along = 0;
                    for (int j = 0; j < 3; j++) {
                        along += axes[3 * axis + j] * x[3 * row + j];
                    }
                    sum += along;
                    squares += along * along;
                }
                Moments expected = moments(program, rotatedMean, DEVIATION[axis]);
                double mean = sum / rows;
                double variance = squares / rows - mean * mean;
                assertEquals(expected.mean, mean, 4 * Math.sqrt(expected.variance / rows));
                assertEquals(expected.variance, variance, 4 * expected.variance * Math.sqrt(2.0 / rows));
            }
        }
    }

    /** Between 200 and 800 steps the error falls with this power of the number of steps. */
    private static void assertOrder(double order, Solver solver, Noise noise, double level, double tolerance) {
        double coarse = error(program(solver, noise, level, 200));
        double fine = error(program(solver, noise, level, 800));
        assertEquals(order, Math.log(coarse / fine) / Math.log(4), tolerance, coarse + " to " + fine);
    }

    /** The largest distance of the means and variances from those of the data. */
    private static double error(SamplerProgram program) {
        double largest = 0;
        for (int axis = 0; axis < 3; axis++) {
            Moments found = moments(program, MEAN[axis], DEVIATION[axis]);
            largest = Math.max(largest, Math.abs(found.mean - MEAN[axis]));
            largest = Math.max(largest, Math.abs(found.variance - DEVIATION[axis] * DEVIATION[axis]));
        }
        return largest;
    }

    private record Moments(double mean, double variance) {}

    /** Follows mean and covariance of the registers through the calls, along one axis. */
    private static Moments moments(SamplerProgram program, double m, double deviation) {
        int registers = program.registers();
        double[] mean = new double[registers];
        double[][] covariance = new double[registers][registers];
        covariance[0][0] = 1;
        for (SamplerCall call : program.calls()) {
            double alpha = call.at().alpha();
            double s = call.at().sigma();
            double square = deviation * deviation;
            double slope = (s - alpha * square) / (alpha * alpha * square + s * s);
            double[][] step = new double[registers][registers];
            double[] next = new double[registers];
            for (int i = 0; i < registers; i++) {
                for (int j = 0; j < registers; j++) {
                    step[i][j] = call.transition()[i][j] + (j == 0 ? call.ofOutput()[i] * slope : 0);
                    next[i] += step[i][j] * mean[j];
                }
                next[i] -= call.ofOutput()[i] * (slope * alpha * m + m);
            }
            mean = next;
            covariance = sandwiched(step, covariance);
            covariance[0][0] += call.noise() * call.noise();
        }
        return new Moments(mean[0], covariance[0][0]);
    }

    private static double[][] sandwiched(double[][] a, double[][] c) {
        int n = a.length;
        double[][] result = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                for (int k = 0; k < n; k++) {
                    for (int l = 0; l < n; l++) {
                        result[i][j] += a[i][k] * c[k][l] * a[j][l];
                    }
                }
            }
        }
        return result;
    }

    private static SamplerProgram program(Solver solver, Noise noise, double level, int steps) {
        return new FlowMatchingSampler(new Configuration(
                        solver, noise, noise == Noise.NONE ? null : level, null, 1.0, null, Spacing.UNIFORM))
                .program(new Sampler.Request(SCHEDULE, PredictionType.FLOW, steps, Map.of()));
    }
}
