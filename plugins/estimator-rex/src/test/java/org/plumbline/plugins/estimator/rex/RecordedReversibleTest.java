package org.plumbline.plugins.estimator.rex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.rex.Rex.Configuration;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.testkit.estimator.RecordedFlow;
import org.plumbline.testkit.estimator.RecordedFlow.Row;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.ExponentialIntegrator.Grid;
import org.plumbline.toolkit.sampler.FlowDomain;
import org.plumbline.toolkit.statistics.Vectors;

/** The reversible rows of {@link RecordedFlow}, which are of the noise domain, Euler's included. */
class RecordedReversibleTest {
    private static final double EXACT = 1e-9;

    @TestFactory
    Stream<DynamicTest> samples_and_gradients_are_the_recorded_ones() {
        List<DynamicTest> tests = RecordedFlow.rows().stream()
                .flatMap(row -> Stream.of("0.999", "0.99")
                        .filter(zeta -> row.has("revMF_l" + zeta))
                        .map(zeta -> dynamicTest(row.name() + ", zeta " + zeta, () -> check(row, zeta))))
                .toList();
        assertTrue(!tests.isEmpty());
        return tests.stream();
    }

    private static void check(Row row, String zeta) {
        Row part = row.part("revMF_l" + zeta);
        ButcherTableau method = ButcherTableau.valueOf(row.method().toUpperCase(Locale.ROOT));
        for (TrainableTarget target : RecordedFlow.TARGETS) {
            RecordedFlow.Found found = RecordedFlow.run(
                    new ReferenceBackend(),
                    new Rex(new Configuration(
                            method, row.steps(), row.grid(), FlowDomain.NOISE, Double.parseDouble(zeta))),
                    target);
            double[] x0 = part.numbers("x0");
            assertEquals(part.number("loss"), -found.estimate().rewards()[0], EXACT * part.number("loss"));
            assertTrue(Vectors.norm(Vectors.difference(x0, found.output())) < EXACT * Vectors.norm(x0));
            assertTrue(found.error() < EXACT, () -> "error " + found.error());
            double reconstruction =
                    Objects.requireNonNull(found.estimate().diagnostics().get("reconstruction-error"));
            assertTrue(reconstruction < EXACT, () -> "reconstruction " + reconstruction);
            if (target instanceof TrainableTarget.InitialNoise) {
                double[] gradient = part.numbers("grad_xT");
                Vectors.addTo(gradient, 1, found.estimate().gradient());
                assertTrue(Vectors.norm(gradient) < EXACT * Vectors.norm(part.numbers("grad_xT")));
            }
        }
    }

    /** With equal steps of log-snr, the grid and the domain that are recommended; the reference is the ODE's solution. */
    @ParameterizedTest
    @EnumSource
    void the_order_of_the_coupled_solver_is_that_of_its_method(ButcherTableau method) {
        int order = switch (method) {
            case EULER -> 1;
            case MIDPOINT, HEUN -> 2;
            case RK4, THREE_EIGHTHS -> 4;
        };
        double coarse = distanceToSolution(method, 60);
        double fine = distanceToSolution(method, 120);
        double slope = Math.log(coarse / fine) / Math.log(2);
        assertTrue(slope > order - 0.35, () -> method + " has slope " + slope + ", errors " + coarse + ", " + fine);
    }

    private static double distanceToSolution(ButcherTableau method, int steps) {
        double[] output = RecordedFlow.run(
                        new ReferenceBackend(),
                        new Rex(new Configuration(method, steps, Grid.LOG_SNR, FlowDomain.DATA, 0.999)),
                        new TrainableTarget.InitialNoise())
                .output();
        return Vectors.norm(Vectors.difference(output, RecordedFlow.reference().numbers("x0")));
    }
}
