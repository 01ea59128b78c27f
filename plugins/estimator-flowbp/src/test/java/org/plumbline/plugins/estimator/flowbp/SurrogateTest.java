package org.plumbline.plugins.estimator.flowbp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.flowbp.FlowBackPropagation.Configuration;
import org.plumbline.plugins.estimator.flowbp.FlowBackPropagation.Variant;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.testkit.estimator.SurrogateProblem;
import org.plumbline.testkit.estimator.SurrogateProblem.Kind;
import org.plumbline.toolkit.reward.RewardShaping;
import org.plumbline.toolkit.settings.SettingsBinder;
import org.plumbline.toolkit.statistics.Vectors;

/** What the surrogates differentiate, written out by hand. */
class SurrogateTest {
    private static final int CALLS = 6;

    /** The noise levels of the flow, of which the straight path's weights are made. */
    private static final double[] SIGMA = {0.95, 0.9, 0.78, 0.55, 0.35, 0.2, 0};

    @Test
    void the_defaults_are_those_of_the_authors() {
        assertEquals(
                new Configuration(
                        Variant.LAGRANGE,
                        new SparseSurrogate(4, 1, 0.5),
                        new BridgeSurrogate(5, 4, 0, 0.5),
                        new LagrangeSurrogate(3, 2, 0.25, 0, 0.1, 0.2),
                        RewardShaping.none()),
                SettingsBinder.of(Configuration.class).bind(Map.of(), "test"));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void sparse_is_the_derivative_of_the_linear_path_with_the_drawn_predictions(Kind kind) {
        for (long seed = 0; seed < 4; seed++) {
            try (ReferenceBackend backend = new ReferenceBackend();
                    SurrogateProblem problem = new SurrogateProblem(backend, kind, seed)) {
                BitSet drawn = new SupportPoints(problem.chain().random("flowbp.support")).lateBiased(0, CALLS, 3, 1);
                double[] held = problem.theta();
                double[] expected = problem.differences((w, row) -> {
                    double[] x = problem.state(0, row);
                    for (int k = 0; k < CALLS; k++) {
                        x = problem.step(k, x, problem.network(drawn.get(k) ? w : held, problem.state(k, row)), row);
                    }
                    return problem.reward(x);
                });
                assertArrayEquals(
                        expected,
                        problem.estimate(Configurations.of(new SparseSurrogate(3, 1, 0)))
                                .gradient(),
                        1e-9);
                assertArrayEquals(new long[] {CALLS + 3, 3}, problem.evaluations());
            }
        }
    }

    @Test
    void on_a_flow_drawn_steps_make_up_for_the_others_by_their_length() {
        try (ReferenceBackend backend = new ReferenceBackend();
                SurrogateProblem problem = new SurrogateProblem(backend, Kind.FLOW, 1)) {
            BitSet drawn = new SupportPoints(problem.chain().random("flowbp.support")).lateBiased(0, CALLS, 3, 1);
            double ofDrawn =
                    drawn.stream().mapToDouble(k -> SIGMA[k] - SIGMA[k + 1]).sum();
            double half = 1 + 0.5 * (SIGMA[0] / ofDrawn - 1);
            double[] plain = problem.estimate(Configurations.of(new SparseSurrogate(3, 1, 0)))
                    .gradient();
            double[] raised = problem.estimate(Configurations.of(new SparseSurrogate(3, 1, 0.5)))
                    .gradient();
            assertArrayEquals(Arrays.stream(plain).map(g -> half * g).toArray(), raised, 1e-12);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void bridge_couples_the_sides_by_one_jacobian(Kind kind) {
        double alpha = 0.4;
        double rescale = 0.7;
        for (long seed = 0; seed < 4; seed++) {
            try (ReferenceBackend backend = new ReferenceBackend();
                    SurrogateProblem problem = new SurrogateProblem(backend, kind, seed)) {
                GradientEstimate estimate =
                        problem.estimate(Configurations.of(new BridgeSurrogate(4, 1, rescale, alpha)));
                assertArrayEquals(new long[] {CALLS + 4, 4}, problem.evaluations());

                int j = estimate.diagnostics().get("bridge").intValue();
                int before = new int[] {0, 1, 1, 2, 3, 3}[j];
                SupportPoints points = new SupportPoints(problem.chain().random("flowbp.support"));
                assertEquals(j, points.pair(CALLS).j());
                BitSet drawn = points.lateBiased(0, j, before, 1);
                drawn.or(points.lateBiased(j + 1, CALLS, 3 - before, 1));
                drawn.set(j);
                double raised = SupportPoints.raised(problem.chain().program(), drawn, rescale);
                double[] held = problem.theta();
                double[] expected = problem.differences((w, row) -> {
                    double[] x = problem.state(0, row);
                    for (int k = 0; k < CALLS; k++) {
                        double[] sampled = problem.state(k, row);
                        double[] constant = problem.network(held, sampled);
                        double[] seen = k == j ? SurrogateProblem.sum(alpha, x, 1 - alpha, sampled) : sampled;
                        double[] n = drawn.get(k)
                                ? SurrogateProblem.sum(raised, problem.network(w, seen), 1 - raised, constant)
                                : constant;
                        x = problem.step(k, x, n, row);
                    }
                    return problem.reward(x);
                });
                assertArrayEquals(expected, estimate.gradient(), 1e-9);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void lagrange_is_the_derivative_of_two_weighted_leaps(Kind kind) {
        double alpha = 0.3;
        double scale = 0.25;
        double rescale = 0.6;
        double tau = 0.02;
        for (long seed = 0; seed < 6; seed++) {
            try (ReferenceBackend backend = new ReferenceBackend();
                    SurrogateProblem problem = new SurrogateProblem(backend, kind, seed)) {
                GradientEstimate estimate =
                        problem.estimate(Configurations.of(new LagrangeSurrogate(3, 2, scale, rescale, alpha, tau)));
                int from = estimate.diagnostics().get("leap-from").intValue();
                int over = estimate.diagnostics().get("leap-over").intValue();
                assertTrue(from < over && over < CALLS);
                LeapByHand first = new LeapByHand(problem, from, over, 3);
                LeapByHand second = new LeapByHand(problem, over, CALLS, 3);
                double[] held = problem.theta();

                double[] expected = problem.differences((w, row) -> {
                    double weight = 1 / (Math.max(tau, first.miss(row)) + Math.max(tau, second.miss(row)));
                    // Straight-through: the leap's gradient on top of the sampled state.
                    double[] atJ = SurrogateProblem.sum(
                            1,
                            problem.state(over, row),
                            1,
                            SurrogateProblem.sum(
                                    1,
                                    first.end(
                                            w, row, problem.state(from, row), problem.state(from, row), scale, rescale),
                                    -1,
                                    first.end(
                                            held,
                                            row,
                                            problem.state(from, row),
                                            problem.state(from, row),
                                            scale,
                                            rescale)));
                    double[] seen = SurrogateProblem.sum(alpha, atJ, 1 - alpha, problem.state(over, row));
                    double[] end = SurrogateProblem.sum(
                            1,
                            problem.state(CALLS, row),
                            1,
                            SurrogateProblem.sum(
                                    1,
                                    second.end(w, row, atJ, seen, scale, rescale),
                                    -1,
                                    second.end(
                                            held,
                                            row,
                                            problem.state(over, row),
                                            problem.state(over, row),
                                            scale,
                                            rescale)));
                    return weight * problem.reward(end);
                });
                assertTrue(Vectors.norm(expected) > 1e-3);
                assertArrayEquals(expected, estimate.gradient(), 1e-8);
            }
        }
    }

    @Test
    void with_order_one_lagrange_is_leap_align() {
        double alpha = 0.3;
        try (ReferenceBackend backend = new ReferenceBackend();
                SurrogateProblem problem = new SurrogateProblem(backend, Kind.FLOW, 7)) {
            GradientEstimate estimate =
                    problem.estimate(Configurations.of(new LagrangeSurrogate(1, 2, 0.25, 0, alpha, 1e6)));
            assertArrayEquals(new long[] {CALLS + 2, 2}, problem.evaluations());
            int from = estimate.diagnostics().get("leap-from").intValue();
            int over = estimate.diagnostics().get("leap-over").intValue();
            double[] held = problem.theta();
            double[] expected = problem.differences((w, row) -> {
                double[] start = problem.state(from, row);
                double[] leap = SurrogateProblem.sum(
                        SIGMA[over] - SIGMA[from],
                        problem.network(w, start),
                        SIGMA[from] - SIGMA[over],
                        problem.network(held, start));
                double[] atJ = SurrogateProblem.sum(1, problem.state(over, row), 1, leap);
                double[] seen = SurrogateProblem.sum(1, problem.state(over, row), alpha, leap);
                double[] shift = SurrogateProblem.sum(
                        -SIGMA[over],
                        problem.network(w, seen),
                        SIGMA[over],
                        problem.network(held, problem.state(over, row)));
                double[] end = SurrogateProblem.sum(
                        1,
                        SurrogateProblem.sum(1, problem.state(CALLS, row), 1, shift),
                        1,
                        SurrogateProblem.sum(1, atJ, -1, problem.state(over, row)));
                // Both distances are below tau.
                return problem.reward(end) / 2e6;
            });
            assertArrayEquals(
                    Arrays.stream(expected).map(g -> 2e6 * g).toArray(),
                    Arrays.stream(estimate.gradient()).map(g -> 2e6 * g).toArray(),
                    1e-6);
        }
    }

    @Test
    void late_calls_are_preferred_by_a_power_of_their_place() {
        int draws = 20_000;
        int[] times = new int[CALLS];
        try (ReferenceBackend backend = new ReferenceBackend();
                SurrogateProblem problem = new SurrogateProblem(backend, Kind.FLOW, 0)) {
            SupportPoints points = new SupportPoints(problem.chain().random("test"));
            for (int draw = 0; draw < draws; draw++) {
                times[points.lateBiased(0, CALLS, 1, 2).nextSetBit(0)]++;
            }
        }
        for (int k = 0; k < CALLS; k++) {
            double probability = (k + 1) * (k + 1) / 91.0;
            assertEquals(probability, times[k] / (double) draws, 4 * Math.sqrt(probability / draws));
        }
    }

    /**
     * A leap in the coordinate of the sampler: sigma for the flow, and for DDIM the sum of its own Euler steps. The
     * interpolant is evaluated by Neville's scheme and integrated by Gauss's rule of five points.
     */
    private static final class LeapByHand {
        private static final double[] NODES = {
            -0.906179845938664, -0.5384693101056831, 0, 0.5384693101056831, 0.906179845938664
        };
        private static final double[] GAUSS = {
            0.23692688505618908, 0.47862867049936647, 0.5688888888888889, 0.47862867049936647, 0.23692688505618908
        };

        private final SurrogateProblem problem;
        private final int from;
        private final int to;
        private final List<Integer> support;
        private final double[] scale = new double[CALLS + 1];
        private final double[] coordinate = new double[CALLS + 1];

        LeapByHand(SurrogateProblem problem, int from, int to, int order) {
            this.problem = problem;
            this.from = from;
            this.to = to;
            int length = to - from;
            this.support = length <= order
                    ? IntStream.range(from, to).boxed().toList()
                    : List.of(from, from + (int) Math.rint((length - 1) / 2.0), to - 1);
            // From the noise side: x_k = scale_k y_k.
            scale[0] = 1;
            for (int k = 0; k < CALLS; k++) {
                double a = problem.step(k, new double[] {1, 1, 1}, network(k, 0), 0)[0]
                        - problem.step(k, new double[3], network(k, -1), 0)[0];
                scale[k + 1] = scale[k] * a;
                double b = problem.step(k, new double[3], network(k, 1), 0)[0]
                        - problem.step(k, new double[3], network(k, -1), 0)[0];
                coordinate[k + 1] = coordinate[k] + b / scale[k + 1];
            }
        }

        /** A network output that makes the prediction 0 at x = 1 or at x = 0, or 1 at x = 0. */
        private double[] network(int k, int what) {
            double[] at = what == 0 ? new double[] {1, 1, 1} : new double[3];
            double offset = prediction(k, at, new double[3])[0];
            double slope = prediction(k, at, new double[] {1, 1, 1})[0] - offset;
            double wanted = what == 1 ? 1 : 0;
            double n = (wanted - offset) / slope;
            return new double[] {n, n, n};
        }

        /** What the sampler's program calls the prediction. */
        private double[] prediction(int k, double[] u, double[] n) {
            var call = problem.chain().program().calls().get(k);
            return problem.chain().program().name().equals("FLOW") ? n : problem.epsilon(u, n, call.at());
        }

        /** The state at the leap's end, of a leap that starts at a state where the network sees another one. */
        double[] end(double[] w, int row, double[] start, double[] seen, double afterStart, double rescale) {
            double[] held = problem.theta();
            double[][] m = new double[support.size()][];
            double raised = 1 + rescale * (shares(3) / shares(2) - 1);
            for (int i = 0; i < m.length; i++) {
                int k = support.get(i);
                double[] constant = prediction(k, problem.state(k, row), problem.network(held, problem.state(k, row)));
                double[] u = i == 0 ? seen : problem.state(k, row);
                double[] moving = prediction(k, u, problem.network(w, u));
                double factor = i == 0 ? raised : i == 1 ? raised * afterStart : 0;
                m[i] = SurrogateProblem.sum(factor, moving, 1 - factor, constant);
            }
            return SurrogateProblem.sum(scale[to] / scale[from], start, scale[to], integral(m));
        }

        /** The sum of the sizes of the weights of the first so many support points. */
        private double shares(int points) {
            double sum = 0;
            for (int i = 0; i < Math.min(points, support.size()); i++) {
                double[][] one = new double[support.size()][3];
                Arrays.fill(one[i], 1);
                sum += Math.abs(integral(one)[0]);
            }
            return sum;
        }

        private double[] integral(double[][] m) {
            double[] sum = new double[3];
            double half = (coordinate[to] - coordinate[from]) / 2;
            for (int g = 0; g < NODES.length; g++) {
                double[] value = interpolated(m, coordinate[from] + half * (1 + NODES[g]));
                sum = SurrogateProblem.sum(1, sum, half * GAUSS[g], value);
            }
            return sum;
        }

        private double[] interpolated(double[][] m, double at) {
            double[][] p = m.clone();
            for (int level = 1; level < p.length; level++) {
                for (int i = 0; i + level < p.length; i++) {
                    double left = coordinate[support.get(i)];
                    double right = coordinate[support.get(i + level)];
                    p[i] = SurrogateProblem.sum(
                            (right - at) / (right - left), p[i], (at - left) / (right - left), p[i + 1]);
                }
            }
            return p[0];
        }

        /** Mean distance to the sampled state, of which the steps' noise is taken off. */
        double miss(int row) {
            double[] x = problem.state(from, row);
            double[] silent = x;
            for (int k = from; k < to; k++) {
                double[] n = problem.network(problem.theta(), problem.state(k, row));
                double[] next = problem.step(k, problem.state(k, row), n, row);
                double[] linear = SurrogateProblem.sum(scale[k + 1] / scale[k], silent, 0, silent);
                double[] push = SurrogateProblem.sum(
                        scale[k + 1] * (coordinate[k + 1] - coordinate[k]),
                        prediction(k, problem.state(k, row), n),
                        0,
                        next);
                silent = SurrogateProblem.sum(1, linear, 1, push);
            }
            double[] leap = end(problem.theta(), row, x, x, 1, 0);
            double sum = 0;
            for (int i = 0; i < 3; i++) {
                sum += Math.abs(silent[i] - leap[i]) / 3;
            }
            return sum;
        }
    }
}
