package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.estimator.StepShift;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.sampler.Clipping;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * The contract of the pre-trained model beside the fine-tuned one, on a backend in float64: its denoiser, and how far a
 * step has moved from it.
 */
public abstract class AnchorContract {
    private static final TanhChain TOY = new TanhChain(2);
    private static final SamplerProgram PROGRAM = TOY.program(4);
    private static final TrainableTarget WEIGHTS = new TrainableTarget.Full(List.of());
    private static final int ROWS = 3;
    private static final double TOLERANCE = 1e-8;

    /** For subclasses. */
    protected AnchorContract() {}

    /** Where networks run; in float64. The contract closes it. */
    protected abstract ComputeBackend backend();

    @FunctionalInterface
    private interface Body {
        void run(Workbench bench, SamplingChain chain);
    }

    /** On a chain whose parameters have moved from the pre-trained ones, and whose behaviour was sampled with them. */
    private void moved(ChainParts parts, SamplerProgram program, Body body) {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, parts)) {
            double[] theta = elsewhere(bench.initialParameters(0));
            try (Rollout rollout = bench.rollout(program, batch(parts), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
                body.run(bench, chain);
            }
        }
    }

    private static double[] elsewhere(double[] pretrained) {
        double[] theta = pretrained.clone();
        Arrays.setAll(theta, i -> pretrained[i] + 0.2 * Math.sin(1 + 2.3 * i));
        return theta;
    }

    private static Batch batch(ChainParts parts) {
        Batch batch = SweepContract.batch(ROWS, 0);
        return parts.prompts().containsAll(batch.prompts()) ? batch : new Batch(Situation.prompts(ROWS), batch.noise());
    }

    private static ChainParts toy() {
        return new ChainParts(
                ClosedFormModel.of(TOY, SweepContract.SCHEDULE),
                WEIGHTS,
                1,
                QuadraticReward.around(0.5, -0.25),
                List.of("one", "other"),
                ROWS);
    }

    private static SamplerProgram clipped() {
        return new SamplerProgram(
                "clipped",
                PredictionType.EPSILON,
                new Clipping(0.5),
                1,
                1,
                PROGRAM.calls().stream()
                        .map(call -> SamplerCall.single(call.at(), 0.8, 0.5, 0.2, 0.3))
                        .toList(),
                new double[] {1});
    }

    @Test
    void the_reference_is_the_model_before_the_first_update() {
        for (Situation situation : List.of(Situation.WEIGHTS_UNDER_GUIDANCE, Situation.CONDITIONING)) {
            ChainParts parts = situation.parts(ROWS);
            moved(parts, situation.program(), (bench, chain) -> {
                Tensor u = chain.behaviour().state(1);
                SamplerCall call = chain.program().calls().get(1);
                double[] found = chain.reference()
                        .predict(chain.arena(), u, call.at(), PredictionType.EPSILON)
                        .toDoubles();
                double[] own = chain.denoiser()
                        .predict(chain.arena(), u, call.at(), PredictionType.EPSILON)
                        .toDoubles();
                double[] theta = bench.initialParameters(0);
                try (Rollout rollout = bench.rollout(situation.program(), batch(parts), theta);
                        SamplingChain untouched = bench.chain(rollout, theta, 0, 0)) {
                    double[] expected = untouched
                            .denoiser()
                            .predict(untouched.arena(), u, call.at(), PredictionType.EPSILON)
                            .toDoubles();
                    assertArrayEquals(expected, found, situation.toString());
                    assertTrue(Vectors.norm(Vectors.difference(own, found)) > 1e-3, "the moved model is another one");
                }
            });
        }
        moved(
                Situation.INITIAL_NOISE.parts(ROWS),
                Situation.INITIAL_NOISE.program(),
                (bench, chain) -> assertSame(chain.denoiser(), chain.reference(), "no network is trained"));
    }

    /** Both steps in plain arithmetic: KL = |mu - mu'|^2 / (2 s^2). */
    @Test
    void the_divergence_of_a_step_is_that_of_two_normal_distributions() {
        moved(toy(), PROGRAM, (bench, chain) -> {
            double[] w = chain.parameters();
            double[] pretrained = bench.initialParameters(0);
            for (int k = 0; k < PROGRAM.size(); k++) {
                double[] x = chain.behaviour().state(k).toDoubles();
                StepShift shift = chain.shift(chain.behaviour(), k);
                double[] residual = shift.shift().toDoubles();
                for (int row = 0; row < ROWS; row++) {
                    double[] by = new double[2];
                    for (int i = 0; i < 2; i++) {
                        by[i] = 0.7 * (m(w, x, row)[i] - m(pretrained, x, row)[i]) / 0.3;
                        assertEquals(by[i], residual[2 * row + i], 1e-13);
                    }
                    assertEquals((by[0] * by[0] + by[1] * by[1]) / 2, shift.divergence()[row], 1e-13);
                    assertTrue(shift.divergence()[row] > 0);
                }
            }
        });
    }

    private static double[] m(double[] w, double[] x, int row) {
        double first = x[2 * row];
        double second = x[2 * row + 1];
        return new double[] {Math.tanh(w[0] * first + w[1] * second), Math.tanh(w[2] * first + w[3] * second)};
    }

    /**
     * Cuts with the shifts as residuals collect the gradient of the mean over rows of the summed divergence, the states
     * held: finite differences of the divergence of the same behaviour under other parameters.
     */
    @Test
    void cuts_by_the_shift_collect_the_gradient_of_the_divergence() {
        checkGradient(toy(), PROGRAM);
        checkGradient(toy(), clipped());
        for (Situation situation : List.of(Situation.WEIGHTS_UNDER_GUIDANCE, Situation.CONDITIONING)) {
            checkGradient(situation.parts(ROWS), situation.program());
        }
    }

    private void checkGradient(ChainParts parts, SamplerProgram program) {
        double[] weights = {1, -0.5, 2};
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, parts)) {
            double[] theta = elsewhere(bench.initialParameters(0));
            try (Rollout rollout = bench.rollout(program, batch(parts), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
                Trajectory sampled = chain.behaviour();
                SweepPlan plan = SweepPlan.of(program);
                for (int k = 0; k < program.size(); k++) {
                    plan = plan.cut(k, weights, chain.shift(sampled, k).shift());
                }
                double[] found = chain.sweep(sampled, plan);
                double[] expected =
                        FiniteDifferences.gradient(other -> divergence(bench, rollout, other, weights), theta);
                double scale = Arrays.stream(expected).map(Math::abs).reduce(1, Math::max);
                assertArrayEquals(expected, found, TOLERANCE * scale, program.name() + ", " + parts.target());
                assertTrue(Vectors.norm(found) > 0.1, "the model has moved");
            }
        }
    }

    /** Of the same samples under other parameters. */
    private static double divergence(Workbench bench, Rollout rollout, double[] theta, double[] weights) {
        try (SamplingChain chain = bench.chain(rollout, theta, 0, 1)) {
            double sum = 0;
            for (int k = 0; k < chain.program().size(); k++) {
                sum += Vectors.dot(weights, chain.shift(chain.behaviour(), k).divergence()) / weights.length;
            }
            return sum;
        }
    }

    @Test
    void a_shift_costs_one_evaluation_and_one_more_if_the_parameters_have_moved_since_the_rollout() {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, toy())) {
            double[] theta = bench.initialParameters(0);
            try (Rollout rollout = bench.rollout(PROGRAM, batch(toy()), theta);
                    SamplingChain first = bench.chain(rollout, theta, 0, 0);
                    SamplingChain second = bench.chain(rollout, elsewhere(theta), 0, 1)) {
                first.behaviour();
                Ledger.Work before = bench.ledger().reading();
                assertArrayEquals(
                        new double[ROWS], first.shift(first.behaviour(), 2).divergence(), "not moved yet");
                assertEquals(1, bench.ledger().reading().since(before).nfeForward());
                second.shift(second.behaviour(), 2);
                assertEquals(3, bench.ledger().reading().since(before).nfeForward());
            }
        }
    }

    @Test
    void a_step_without_noise_has_no_divergence() {
        moved(
                toy(),
                Situation.withNoise(PROGRAM, 0),
                (bench, chain) ->
                        assertThrows(IllegalArgumentException.class, () -> chain.shift(chain.behaviour(), 1)));
    }
}
