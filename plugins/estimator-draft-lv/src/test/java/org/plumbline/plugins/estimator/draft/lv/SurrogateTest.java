package org.plumbline.plugins.estimator.draft.lv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.draft.lv.DraftLowVariance.Configuration;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.testkit.estimator.Replicas;
import org.plumbline.testkit.estimator.SurrogateProblem;
import org.plumbline.testkit.estimator.SurrogateProblem.Kind;
import org.plumbline.testkit.estimator.TenStepToy;

/** What DRaFT-LV differentiates, written out by hand, and its variance. */
class SurrogateTest {
    @ParameterizedTest
    @EnumSource(Kind.class)
    void it_is_the_derivative_of_the_mean_reward_of_the_last_step_and_its_copies(Kind kind) {
        int copies = 2;
        try (ReferenceBackend backend = new ReferenceBackend();
                SurrogateProblem problem = new SurrogateProblem(backend, kind, 2)) {
            int last = problem.chain().program().size() - 1;
            TimePoint at = problem.chain().program().calls().get(last).at();
            double[][] noise = new double[copies][4 * 3];
            for (int copy = 0; copy < copies; copy++) {
                RandomGenerator random = problem.chain().random("draft-lv.noise." + copy);
                Arrays.setAll(noise[copy], i -> random.nextGaussian());
            }
            double[] expected = problem.differences((w, row) -> {
                double[] x = problem.state(last, row);
                double sum = problem.reward(problem.step(last, x, problem.network(w, x), row));
                double[] sample = problem.state(last + 1, row);
                for (double[] drawn : noise) {
                    double[] e = Arrays.copyOfRange(drawn, 3 * row, 3 * row + 3);
                    double[] again = SurrogateProblem.sum(at.alpha(), sample, at.sigma(), e);
                    sum += problem.reward(problem.step(last, again, problem.network(w, again), row));
                }
                return sum / (1 + copies);
            });
            assertArrayEquals(
                    expected,
                    problem.estimate(new DraftLowVariance(new Configuration(copies)))
                            .gradient(),
                    1e-9);
        }
    }

    @Test
    void copies_lower_the_variance() {
        try (ReferenceBackend backend = new ReferenceBackend()) {
            double one = variance(backend, 1);
            double four = variance(backend, 4);
            assertTrue(four < 0.9 * one, () -> "with 1 copy " + one + ", with 4 " + four);
        }
    }

    private static double variance(ReferenceBackend backend, int copies) {
        Replicas replicas = TenStepToy.measure(backend, new DraftLowVariance(new Configuration(copies)), 64, 100, 1);
        TenStepToy.report("DRaFT-LV, n = " + copies, replicas);
        return replicas.variancePerSample();
    }
}
