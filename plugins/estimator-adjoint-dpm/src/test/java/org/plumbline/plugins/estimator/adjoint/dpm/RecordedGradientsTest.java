package org.plumbline.plugins.estimator.adjoint.dpm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Compatibility;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Configuration;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Method;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.testkit.estimator.RecordedFlow;
import org.plumbline.testkit.estimator.RecordedFlow.Row;
import org.plumbline.toolkit.sampler.FlowDomain;
import org.plumbline.toolkit.statistics.Vectors;

/** The rows of {@link RecordedFlow} that this estimator makes, to all digits. */
class RecordedGradientsTest {
    private static final double EXACT = 1e-9;

    @TestFactory
    Stream<DynamicTest> the_exact_adjoint_is_the_gradient_of_the_unrolled_solver() {
        return RecordedFlow.rows().stream()
                .map(row -> dynamicTest(row.name(), () -> {
                    RecordedFlow.Found weights = found(row, RecordedFlow.WEIGHTS, true, true);
                    double[] gradient = weights.estimate().gradient();
                    ParameterLayout layout = RecordedFlow.denoiser().layout();
                    assertClose(row.number("loss"), -weights.estimate().rewards()[0], "loss");
                    assertClose(row.numbers("x0"), weights.output(), "x0");
                    assertClose(
                            row.number("grad_W1_00"),
                            -gradient[layout.entry("W1").offset()],
                            "W1");
                    assertClose(
                            row.number("grad_W2_00"),
                            -gradient[layout.entry("W2").offset()],
                            "W2");
                    assertClose(row.number("grad_params_norm"), Vectors.norm(gradient), "norm");

                    RecordedFlow.Found condition = found(row, new TrainableTarget.Conditioning(), true, true);
                    assertClose(
                            row.numbers("grad_c"), negative(condition.estimate().gradient()), "c");
                    RecordedFlow.Found noise = found(row, new TrainableTarget.InitialNoise(), true, true);
                    assertClose(
                            row.numbers("grad_xT"), negative(noise.estimate().gradient()), "x_T");
                }));
    }

    @TestFactory
    Stream<DynamicTest> the_adjoint_equation_errs_as_recorded() {
        return RecordedFlow.rows().stream()
                .map(row -> dynamicTest(row.name(), () -> {
                    for (boolean recorded : new boolean[] {true, false}) {
                        List<double[]> exact = new ArrayList<>();
                        List<double[]> solved = new ArrayList<>();
                        for (TrainableTarget target : RecordedFlow.TARGETS) {
                            RecordedFlow.Found found = found(row, target, false, recorded);
                            exact.add(found.exact());
                            solved.add(found.estimate().gradient());
                        }
                        String key = recorded ? "recorded" : "backsolve";
                        double error = RecordedFlow.relative(exact.subList(0, 1), solved.subList(0, 1));
                        assertRelative(row.number(key + "_vs_exact"), error, key);
                        double all = RecordedFlow.relative(exact, solved);
                        assertRelative(row.number(key + "_all_vs_exact"), all, key + " all");
                    }
                }));
    }

    /** The file's reference is a solution with 2000 steps: a fine grid comes close to it, whatever the spacing. */
    @Test
    void a_fine_grid_approaches_the_solution_of_the_equation() {
        Row finest = RecordedFlow.rows().stream()
                .filter(row -> row.steps() == 100 && row.method().equals("rk4"))
                .reduce((first, last) -> last)
                .orElseThrow();
        double[] noise = negative(found(finest, new TrainableTarget.InitialNoise(), true, true)
                .estimate()
                .gradient());
        double[] solution = RecordedFlow.reference().numbers("grad_xT");
        assertTrue(Vectors.norm(Vectors.difference(noise, solution)) < 1e-5 * Vectors.norm(solution));
    }

    private static RecordedFlow.Found found(Row row, TrainableTarget target, boolean exact, boolean recorded) {
        return RecordedFlow.run(
                new ReferenceBackend(),
                new AdjointDpm(new Configuration(
                        Method.valueOf(row.method().toUpperCase(Locale.ROOT)),
                        3,
                        row.steps(),
                        null,
                        row.grid(),
                        FlowDomain.NOISE,
                        recorded,
                        exact,
                        Compatibility.PAPER)),
                target);
    }

    private static double[] negative(double[] values) {
        double[] result = new double[values.length];
        Vectors.addTo(result, -1, values);
        return result;
    }

    private static void assertClose(double[] expected, double[] found, String what) {

        assertArrayEquals(expected, found, EXACT * Math.max(1, Vectors.norm(expected)), what);
    }

    private static void assertClose(double expected, double found, String what) {
        assertEquals(expected, found, EXACT * Math.max(1, Math.abs(expected)), what);
    }

    /** Errors of 1e-7 are differences of numbers that agree in seven digits. */
    private static void assertRelative(double expected, double found, String what) {
        assertEquals(expected, found, 1e-6 * expected + 1e-13, what);
    }
}
