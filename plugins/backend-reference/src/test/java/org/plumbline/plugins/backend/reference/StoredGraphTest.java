package org.plumbline.plugins.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.testkit.chain.StoredGraph;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.ConditionedMlp;
import org.plumbline.toolkit.problem.GaussianMixture;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.Clipping;
import org.plumbline.toolkit.sampler.DynamicThresholding;
import org.plumbline.toolkit.sampler.ExponentialIntegrator;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

/** The sweep by step replay against back-propagation through the stored graph of the whole chain, in float64. */
class StoredGraphTest {
    private static final int ROWS = 4;
    private static final List<String> PROMPTS = List.of("left", "right");
    private static final DiscreteNoiseSchedule SCHEDULE = DiscreteNoiseSchedule.ofBetas(
            BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);

    private record Case(String name, ChainParts parts, SamplerProgram program) {
        @Override
        public String toString() {
            return name + ", " + parts.target().getClass().getSimpleName();
        }
    }

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        TanhChain toy = TanhChain.standard();
        cases.add(new Case("noise in every call", toy(toy), toy.program(10)));
        cases.add(new Case("noise and memory of outputs", toy(toy), toy.programWithMemory(6)));

        List<TrainableTarget> targets = List.of(
                new TrainableTarget.Full(List.of()),
                new TrainableTarget.Conditioning(),
                new TrainableTarget.InitialNoise());
        for (TrainableTarget target : targets) {
            for (ButcherTableau method : ButcherTableau.values()) {
                double[] times = ExponentialIntegrator.Grid.TIME_UNIFORM.times(SCHEDULE, 5);
                cases.add(new Case(
                        method.name(), mlp(target, 2), new ExponentialIntegrator(SCHEDULE, times).program(method)));
            }
            cases.add(new Case("without guidance", mlp(target, 1), twoRegisters(OutputTransform.none())));
            cases.add(new Case("clipped", mixture(target), twoRegisters(new Clipping(0.9))));
        }
        return cases;
    }

    private static ChainParts toy(TanhChain toy) {
        return new ChainParts(
                ClosedFormModel.of(toy, SCHEDULE),
                new TrainableTarget.Full(List.of()),
                1,
                QuadraticReward.around(toy.target()),
                PROMPTS,
                ROWS);
    }

    private static ChainParts mlp(TrainableTarget target, double guidance) {
        ConditionedMlp mlp = ConditionedMlp.standard();
        return new ChainParts(
                ClosedFormModel.of(mlp, SCHEDULE, PROMPTS, mlp.condition(), new double[] {-0.4, 0.1, 0.2}),
                target,
                guidance,
                QuadraticReward.halfSquare(mlp.target()),
                PROMPTS,
                ROWS);
    }

    private static ChainParts mixture(TrainableTarget target) {
        return new ChainParts(
                ClosedFormModel.of(
                        new GaussianMixture(), SCHEDULE, PROMPTS, new double[] {0.5, -0.3}, new double[] {-0.2, 0.8}),
                target,
                1.5,
                QuadraticReward.around(0.4, -0.7),
                PROMPTS,
                ROWS);
    }

    /** A made-up sampler of clean samples in which every coefficient of the table is used. */
    private static SamplerProgram twoRegisters(OutputTransform transform) {
        List<SamplerCall> calls = new ArrayList<>();
        for (int k = 0; k < 6; k++) {
            calls.add(new SamplerCall(
                    TimePoint.ofStep(SCHEDULE, 950 - 180 * k),
                    0.9 + 0.02 * k,
                    new double[] {1, 0.1 * k},
                    new double[][] {{0.7, 0.2}, {0.1, -0.3}},
                    new double[] {0.4, 0.6},
                    new double[] {0.05, 0.15},
                    k % 2 == 0 ? 0.3 : 0));
        }
        return new SamplerProgram(
                "two registers, " + transform, PredictionType.SAMPLE, transform, 2, 1.1, calls, new double[] {1, 0.25});
    }

    @ParameterizedTest
    @MethodSource("cases")
    void replaying_the_steps_gives_the_gradient_of_the_stored_graph(Case its) {
        Batch batch = batch();
        ComputeBackend backend = new ReferenceBackend();
        try (Workbench workbench = Workbench.open(backend, its.parts());
                StoredGraph stored = StoredGraph.open(backend, its.parts(), its.program())) {
            double[] theta = workbench.initialParameters(3);
            StoredGraph.Pulled expected = stored.pull(batch, theta);
            double largest =
                    Arrays.stream(expected.gradient()).map(Math::abs).max().orElseThrow();
            assertTrue(largest > 1e-3, "a gradient to compare with");
            try (Rollout rollout = workbench.rollout(its.program(), batch, theta);
                    SamplingChain chain = workbench.chain(rollout, theta, 0, 0)) {
                double[] swept = chain.sweep(
                        chain.behaviour(), SweepPlan.of(its.program()).fromReward(ROWS));
                assertArrayEquals(expected.rewards(), chain.rewards(chain.behaviour()), 1e-12);
                assertArrayEquals(expected.gradient(), swept, 1e-12 * largest);
            }
        }
    }

    @Test
    void clipping_changes_the_gradient_so_its_derivative_is_put_to_the_test() {
        ChainParts parts = mixture(new TrainableTarget.Full(List.of()));
        double[] clipped = gradient(parts, twoRegisters(new Clipping(0.9)));
        double[] free = gradient(parts, twoRegisters(OutputTransform.none()));
        assertEquals(clipped.length, free.length);
        assertTrue(Math.abs(clipped[0] - free[0]) > 1e-3, clipped[0] + " and " + free[0]);
    }

    private static double[] gradient(ChainParts parts, SamplerProgram program) {
        try (StoredGraph stored = StoredGraph.open(new ReferenceBackend(), parts, program)) {
            return stored.pull(batch(), new GaussianMixture().theta()).gradient();
        }
    }

    @Test
    void a_transform_that_is_no_graph_is_refused() {
        ChainParts parts = mixture(new TrainableTarget.Full(List.of()));
        SamplerProgram program = twoRegisters(new DynamicThresholding(0.9, 1));
        PlumblineException refusal =
                assertThrows(PlumblineException.class, () -> StoredGraph.open(new ReferenceBackend(), parts, program));
        assertEquals(StandardError.UNSUPPORTED, refusal.code());
    }

    private static Batch batch() {
        return new Batch(List.of("left", "right", "right", "left"), NoiseSource.keyed(11, "stored-graph", 0));
    }
}
