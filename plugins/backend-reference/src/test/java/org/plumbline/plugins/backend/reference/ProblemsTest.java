package org.plumbline.plugins.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.toolkit.problem.ClosedFormDenoiser;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.ConditionedMlp;
import org.plumbline.toolkit.problem.GaussianFlow;
import org.plumbline.toolkit.problem.GaussianMixture;
import org.plumbline.toolkit.problem.LinearGaussian;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

class ProblemsTest {
    static List<ClosedFormDenoiser> denoisers() {
        return List.of(
                TanhChain.standard(),
                ConditionedMlp.standard(),
                new GaussianMixture(),
                new LinearGaussian(),
                new GaussianFlow());
    }

    @ParameterizedTest
    @MethodSource("denoisers")
    void gradients_agree_with_finite_differences(ClosedFormDenoiser denoiser) {
        int rows = 3;
        SplittableRandom random = new SplittableRandom(5);
        Map<String, double[]> inputs = new LinkedHashMap<>();
        for (TensorSpec spec : denoiser.inputs()) {
            double[] numbers = new double[rows * spec.rowSize()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = 0.3 + random.nextDouble();
            }
            inputs.put(spec.name(), numbers);
        }
        inputs.put("theta", denoiser.theta());
        double[] cotangent =
                random.doubles((long) rows * denoiser.dimensions(), -1, 1).toArray();

        try (BackendSession session = new ReferenceBackend().open();
                Network network = session.compile(denoiser, denoiser.source(), denoiser.layout());
                TensorArena arena = session.arena()) {
            Tensor pull = arena.tensor(cotangent, rows, denoiser.dimensions(), 1, 1);
            Map<String, Tensor> tensors = tensors(arena, denoiser, inputs, rows);
            Tensor theta = Objects.requireNonNull(tensors.remove("theta"));
            VectorJacobian pulled = network.vjp(arena, theta, tensors, pull, tensors.keySet());
            Map<String, double[]> gradients = new LinkedHashMap<>();
            pulled.inputGradients().forEach((name, gradient) -> gradients.put(name, gradient.toDoubles()));
            gradients.put("theta", pulled.parameterGradient().toDoubles());

            inputs.forEach((name, numbers) -> {
                double[] expected = new double[numbers.length];
                for (int i = 0; i < numbers.length; i++) {
                    double middle = numbers[i];
                    double[] sums = new double[2];
                    for (int side = 0; side < 2; side++) {
                        numbers[i] = middle + (side == 0 ? 1e-5 : -1e-5);
                        Map<String, Tensor> moved = tensors(arena, denoiser, inputs, rows);
                        Tensor parameters = moved.remove("theta");
                        for (double product : arena.dotRows(network.forward(arena, parameters, moved), pull)) {
                            sums[side] += product;
                        }
                    }
                    numbers[i] = middle;
                    expected[i] = (sums[0] - sums[1]) / 2e-5;
                }
                assertArrayEquals(expected, gradients.get(name), 2e-9, name);
            });
        }
    }

    private static Map<String, Tensor> tensors(
            TensorArena arena, ClosedFormDenoiser denoiser, Map<String, double[]> inputs, int rows) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (TensorSpec spec : denoiser.inputs()) {
            long[] shape = spec.shape();
            shape[0] = rows;
            tensors.put(spec.name(), arena.tensor(inputs.get(spec.name()), shape));
        }
        double[] theta = inputs.get("theta");
        tensors.put("theta", arena.tensor(theta, theta.length));
        return tensors;
    }

    @Test
    void the_mixture_predicts_minus_sigma_times_the_slope_of_the_log_density() {
        double alpha = 0.8;
        double sigma = 0.6;
        double[] condition = {0.4, -0.7};
        double[] u = {0.9, -0.2};
        double[] eps = predict(
                new GaussianMixture(),
                Map.of("sample", u, "condition", condition, "alpha", new double[] {alpha}, "sigma", new double[] {sigma
                }));
        for (int i = 0; i < 2; i++) {
            double[] up = u.clone();
            double[] down = u.clone();
            up[i] += 1e-5;
            down[i] -= 1e-5;
            double slope =
                    (mixtureLogDensity(up, condition, alpha, sigma) - mixtureLogDensity(down, condition, alpha, sigma))
                            / 2e-5;
            assertEquals(-sigma * slope, eps[i], 1e-9);
        }
    }

    /** The density of alpha x0 + sigma eps, written down without the graph. */
    private static double mixtureLogDensity(double[] u, double[] condition, double alpha, double sigma) {
        double[][] means = {{1.5, 0.4}, {-1.2, 1.1}, {-0.3, -1.6}};
        double[] logits = {0.3, -0.2, 0.1};
        double[] logStd = {-0.9, -1.2, -0.6};
        double shiftX = 0.5 * condition[0] - 0.3 * condition[1];
        double shiftY = 0.2 * condition[0] + 0.6 * condition[1];
        double total = 0;
        double density = 0;
        for (int k = 0; k < 3; k++) {
            double variance = alpha * alpha * Math.exp(2 * logStd[k]) + sigma * sigma;
            double x = u[0] - alpha * (means[k][0] + shiftX);
            double y = u[1] - alpha * (means[k][1] + shiftY);
            total += Math.exp(logits[k]);
            density += Math.exp(logits[k]) * Math.exp(-(x * x + y * y) / (2 * variance)) / (2 * Math.PI * variance);
        }
        return Math.log(density / total);
    }

    @Test
    void the_linear_gaussian_inverts_its_covariance() {
        double alpha = 0.7;
        double sigma = 0.5;
        double[] u = {0.4, 1.1, -0.8};
        LinearGaussian problem = new LinearGaussian();
        double[] eps =
                predict(problem, Map.of("sample", u, "alpha", new double[] {alpha}, "sigma", new double[] {sigma}));
        double[] axes = problem.weights().get("axes").values();
        double[] mean = problem.weights().get("mean").values();
        double[] logStd = problem.weights().get("log_std").values();
        for (int i = 0; i < 3; i++) {
            // Row i of (alpha^2 Q diag(s^2) Q^T + sigma^2 I) eps / sigma, which is u - alpha mu.
            double sum = sigma * eps[i];
            for (int j = 0; j < 3; j++) {
                double covariance = 0;
                double product = 0;
                for (int k = 0; k < 3; k++) {
                    covariance += axes[k * 3 + i] * Math.exp(2 * logStd[k]) * axes[k * 3 + j];
                    product += axes[k * 3 + i] * axes[k * 3 + j];
                }
                assertEquals(i == j ? 1 : 0, product, 1e-15);
                sum += alpha * alpha * covariance * eps[j] / sigma;
            }
            assertEquals(u[i] - alpha * mean[i], sum, 1e-14);
        }
    }

    /** By v = eps - x0 with the sample that u and the exact noise prediction leave. */
    @Test
    void the_gaussian_flow_is_the_velocity_of_the_linear_gaussian() {
        double alpha = 0.35;
        double sigma = 0.65;
        Map<String, double[]> row = Map.of(
                "sample", new double[] {0.4, 1.1, -0.8}, "alpha", new double[] {alpha}, "sigma", new double[] {sigma});
        double[] eps = predict(new LinearGaussian(), row);
        double[] velocity = predict(new GaussianFlow(), row);
        for (int i = 0; i < 3; i++) {
            double x0 = (row.get("sample")[i] - sigma * eps[i]) / alpha;
            assertEquals(eps[i] - x0, velocity[i], 1e-14);
        }
    }

    private static double[] predict(ClosedFormDenoiser denoiser, Map<String, double[]> row) {
        try (BackendSession session = new ReferenceBackend().open();
                Network network = session.compile(denoiser, denoiser.source(), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            for (TensorSpec spec : denoiser.inputs()) {
                long[] shape = spec.shape();
                shape[0] = 1;
                inputs.put(spec.name(), arena.tensor(row.get(spec.name()), shape));
            }
            return network.forward(arena, null, inputs).toDoubles();
        }
    }

    @Test
    void the_quadratic_reward_and_its_gradient_are_the_formula() {
        QuadraticReward reward = QuadraticReward.around(1, -1, 0.5);
        try (BackendSession session = new ReferenceBackend().open();
                Network network =
                        session.compile(reward.graph(new long[] {3, 1, 1}), reward.weights(), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Tensor x = arena.tensor(new double[] {1, -1, 0.5, 0, 1, 2}, 2, 3, 1, 1);
            Tensor weights = arena.tensor(new double[] {1, 3}, 2);
            VectorJacobian pulled = network.vjp(arena, null, Map.of("image", x), weights, Set.of("image"));
            assertArrayEquals(
                    new double[] {2, 2 - (1 + 4 + 2.25)}, pulled.output().toDoubles(), 1e-15);
            assertEquals(reward.at(0, 1, 2), pulled.output().toDoubles()[1], 1e-15);
            assertArrayEquals(
                    new double[] {0, 0, 0, 3 * 2, -3 * 4, -3 * 3},
                    pulled.inputGradients().get("image").toDoubles(),
                    1e-15);
        }
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> reward.graph(new long[] {4, 1, 1}));
        assertEquals(StandardError.WRONG_SHAPE, refusal.code());
    }

    /**
     * Ten Euler steps of the probability flow of the MLP in y = x alpha_T / alpha, rho = alpha_T sigma / alpha - sigma_T,
     * and back by the vector-Jacobian products: the recorded numbers of an independent program.
     */
    @Test
    void the_mlp_reproduces_recorded_gradients_of_its_probability_flow() {
        int steps = 10;
        DiscreteNoiseSchedule schedule = DiscreteNoiseSchedule.ofBetas(
                BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);
        ConditionedMlp mlp = ConditionedMlp.standard();
        double[] alpha = new double[steps + 1];
        double[] sigma = new double[steps + 1];
        double[] time = new double[steps + 1];
        for (int n = 0; n <= steps; n++) {
            time[n] = 1 + (1e-3 - 1) * n / steps;
            alpha[n] = Math.exp(schedule.logAlpha(time[n]));
            sigma[n] = Math.sqrt(1 - alpha[n] * alpha[n]);
        }
        try (BackendSession session = new ReferenceBackend().open();
                Network network = session.compile(mlp, mlp.source(), mlp.layout());
                TensorArena arena = session.arena()) {
            double[] numbers = mlp.theta();
            Tensor theta = arena.tensor(numbers, numbers.length);
            Tensor y = arena.tensor(mlp.start(), 1, 6, 1, 1);
            Tensor[] x = new Tensor[steps];
            double[] width = new double[steps];
            for (int n = 0; n < steps; n++) {
                x[n] = arena.combine(new double[] {alpha[n] / alpha[0]}, List.of(y));
                width[n] = alpha[0] * (sigma[n + 1] / alpha[n + 1] - sigma[n] / alpha[n]);
                Tensor eps = network.forward(arena, theta, inputs(arena, mlp, x[n], time[n], sigma[n]));
                y = arena.combine(new double[] {1, width[n]}, List.of(y, eps));
            }
            double last = alpha[steps] / alpha[0];
            double[] x0 = arena.combine(new double[] {last}, List.of(y)).toDoubles();
            double[] target = mlp.target();
            double loss = 0;
            double[] slope = new double[6];
            for (int i = 0; i < 6; i++) {
                loss += 0.5 * (x0[i] - target[i]) * (x0[i] - target[i]);
                slope[i] = last * (x0[i] - target[i]);
            }
            assertEquals(6.363612640606306, loss, 1e-11);
            assertArrayEquals(
                    new double[] {
                        -0.8238775363839193,
                        -2.287399162903816,
                        1.5166550573546005,
                        0.6272503247793338,
                        -0.288327171656453,
                        1.621793871380571
                    },
                    x0,
                    1e-11);

            Tensor adjoint = arena.tensor(slope, 1, 6, 1, 1);
            Tensor ofTheta = arena.zeros(numbers.length);
            Tensor ofCondition = arena.zeros(1, 1, 3);
            for (int n = steps - 1; n >= 0; n--) {
                VectorJacobian pulled = network.vjp(
                        arena,
                        theta,
                        inputs(arena, mlp, x[n], time[n], sigma[n]),
                        arena.combine(new double[] {width[n]}, List.of(adjoint)),
                        Set.of("sample", "condition"));
                arena.accumulate(ofTheta, 1, pulled.parameterGradient());
                arena.accumulate(ofCondition, 1, pulled.inputGradients().get("condition"));
                adjoint = arena.combine(
                        new double[] {1, alpha[n] / alpha[0]},
                        List.of(adjoint, pulled.inputGradients().get("sample")));
            }
            assertArrayEquals(
                    new double[] {
                        2.122959709586153, -2.484304158840412, 1.8738594495505838,
                        0.5803667088456934, -0.03073571680711981, 2.9014985470853487
                    },
                    adjoint.toDoubles(),
                    1e-10);
            assertArrayEquals(
                    new double[] {1.8241700754582284, 0.43399808160935116, -0.6478084223588196},
                    ofCondition.toDoubles(),
                    1e-10);
            double[] gradient = ofTheta.toDoubles();
            assertEquals(-1.1350073303571306, gradient[mlp.layout().entry("W1").offset()], 1e-10);
            assertEquals(-0.7026146876192174, gradient[mlp.layout().entry("W2").offset()], 1e-10);
        }
    }

    private static Map<String, Tensor> inputs(TensorArena arena, ConditionedMlp mlp, Tensor x, double t, double sigma) {
        return Map.of(
                "sample", x,
                "timestep", arena.tensor(new double[] {1000 * t - 1}, 1),
                "condition", arena.tensor(mlp.condition(), 1, 1, 3),
                "sigma", arena.tensor(new double[] {sigma}, 1));
    }

    @Test
    void a_closed_form_model_selects_saves_and_loads_its_weights(@TempDir Path folder) {
        DiscreteNoiseSchedule schedule = DiscreteNoiseSchedule.ofBetas(
                BetaSchedule.LINEAR.betas(10, 0.01, 0.2, Precision.FLOAT64), Precision.FLOAT64);
        ClosedFormModel model = ClosedFormModel.of(
                ConditionedMlp.standard(), schedule, List.of("left", "right"), new double[] {1, 2, 3}, new double[] {
                    4, 5, 6
                });
        TrainableWeights all = model.trainable(new TrainableTarget.Full(List.of()));
        assertArrayEquals(ConditionedMlp.standard().theta(), all.initial(0));
        TrainableWeights some = model.trainable(new TrainableTarget.Full(List.of("W2", "b")));
        assertEquals(48 + 8, some.layout().size());
        double[] theta = some.initial(0);
        theta[3] = 1.0 / 3;
        assertArrayEquals(theta, some.load(some.save(theta, folder)));
        PlumblineException refusal = assertThrows(
                PlumblineException.class, () -> model.trainable(new TrainableTarget.Full(List.of("attention"))));
        assertEquals(StandardError.BAD_VALUE, refusal.code());

        PromptEncoder encoder = model.promptEncoder().orElseThrow();
        try (BackendSession session = new ReferenceBackend().open();
                Network network = session.compile(encoder.graph(), encoder.weights(), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            double[] tokens = {
                encoder.tokenize("right")[0], encoder.tokenize("")[0], encoder.tokenize("left")[0],
            };
            Tensor conditions = network.forward(arena, null, Map.of("tokens", arena.tensor(tokens, 3, 1)));
            assertArrayEquals(new long[] {3, 1, 3}, conditions.shape());
            assertArrayEquals(new double[] {4, 5, 6, 0, 0, 0, 1, 2, 3}, conditions.toDoubles());
        }
    }
}
