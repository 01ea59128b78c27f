package org.plumbline.plugins.estimator.adjoint.deis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.adjoint.deis.AdjointDeis.Configuration;
import org.plumbline.plugins.estimator.adjoint.deis.AdjointDeis.Equation;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.testkit.estimator.RecordedFlow;
import org.plumbline.testkit.estimator.RecordedFlow.Row;
import org.plumbline.toolkit.sampler.ExponentialIntegrator.Grid;

/** The rows of {@link RecordedFlow} about AdjointDEIS, and its order. */
class RecordedFlowTest {
    private static final System.Logger LOG = System.getLogger(RecordedFlowTest.class.getName());

    @TestFactory
    Stream<DynamicTest> the_first_order_flow_errs_as_recorded() {
        List<DynamicTest> tests = RecordedFlow.rows().stream()
                .filter(row -> row.has("adjointdeis1_recorded_vs_exact"))
                .map(row -> dynamicTest(row.name(), () -> check(row)))
                .toList();
        assertTrue(!tests.isEmpty());
        return tests.stream();
    }

    private static void check(Row row) {
        List<double[]> exact = new ArrayList<>();
        List<double[]> solved = new ArrayList<>();
        for (TrainableTarget target : RecordedFlow.TARGETS) {
            RecordedFlow.Found found = run(1, row.steps(), null, row.grid(), target);
            exact.add(found.exact());
            solved.add(found.estimate().gradient());
            assertEquals(row.number("loss"), -found.estimate().rewards()[0], 1e-9 * row.number("loss"));
        }
        double noise = RecordedFlow.relative(exact.subList(0, 1), solved.subList(0, 1));
        assertEquals(row.number("adjointdeis1_recorded_vs_exact"), noise, 1e-6 * noise);
        double all = RecordedFlow.relative(exact, solved);
        assertEquals(row.number("adjointdeis1_all_vs_exact"), all, 1e-6 * all);
    }

    /** Against the exact adjoint of the same samples, for all targets, from 80 to 160 steps. */
    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "1, true", "2, true"})
    void the_error_of_the_flow_falls_with_the_order_of_the_solver(int order, boolean fewerBack) {
        double coarse = error(order, 80, fewerBack ? 40 : 80);
        double fine = error(order, 160, fewerBack ? 80 : 160);
        double slope = Math.log(coarse / fine) / Math.log(2);
        assertTrue(slope > order - 0.3, () -> "slope " + slope + ", errors " + coarse + ", " + fine);
    }

    /**
     * Against the exact adjoint of the same samples. The error depends on the path of the noise, so it is the root mean
     * square over ten paths that falls, from 40 to 160 steps.
     */
    @ParameterizedTest
    @CsvSource({"1", "2"})
    void the_error_of_the_sde_falls_with_the_order_too(int order) {
        double coarse = stochasticError(order, 40);
        double fine = stochasticError(order, 160);
        double slope = Math.log(coarse / fine) / Math.log(4);
        LOG.log(System.Logger.Level.INFO, "SDE of order " + order + ": " + coarse + ", " + fine + ", slope " + slope);
        assertTrue(coarse < 0.3, () -> "40 steps: " + coarse);
        assertTrue(slope > order - 0.3, () -> "slope " + slope + ", errors " + coarse + ", " + fine);
    }

    private static double stochasticError(int order, int steps) {
        List<double[]> exact = new ArrayList<>();
        List<double[]> solved = new ArrayList<>();
        for (long path = 0; path < 10; path++) {
            RecordedFlow.Found found = RecordedFlow.run(
                    new ReferenceBackend(),
                    new AdjointDeis(new Configuration(Equation.SDE, order, steps, null, Grid.LOG_SNR)),
                    RecordedFlow.WEIGHTS,
                    path);
            exact.add(found.exact());
            solved.add(found.estimate().gradient());
        }
        return RecordedFlow.relative(exact, solved);
    }

    private static double error(int order, int steps, int back) {
        List<double[]> exact = new ArrayList<>();
        List<double[]> solved = new ArrayList<>();
        for (TrainableTarget target : RecordedFlow.TARGETS) {
            RecordedFlow.Found found = run(order, steps, back, Grid.LOG_SNR, target);
            exact.add(found.exact());
            solved.add(found.estimate().gradient());
        }
        return RecordedFlow.relative(exact, solved);
    }

    private static RecordedFlow.Found run(
            int order, int steps, @Nullable Integer back, Grid grid, TrainableTarget target) {
        return RecordedFlow.run(
                new ReferenceBackend(),
                new AdjointDeis(new Configuration(Equation.ODE, order, steps, back, grid)),
                target);
    }
}
