package org.plumbline.plugins.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.StepContributions;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;
import org.plumbline.toolkit.statistics.Vectors;

/** What each step adds to a gradient, against sweeps that collect at one call alone. */
class StepContributionsTest {
    private static final int ROWS = 3;
    private static final int CALLS = 5;
    private static final double[] WEIGHTS = {0.7, -1.3, 0.4};
    private static final TanhChain TOY = TanhChain.standard();

    private static ChainParts parts() {
        DiscreteNoiseSchedule schedule = DiscreteNoiseSchedule.ofBetas(
                BetaSchedule.LINEAR.betas(10, 0.01, 0.2, Precision.FLOAT64), Precision.FLOAT64);
        return new ChainParts(
                ClosedFormModel.of(TOY, schedule),
                new TrainableTarget.Full(List.of()),
                1,
                QuadraticReward.around(TOY.target()),
                List.of(""),
                ROWS);
    }

    private static Batch batch() {
        return new Batch(List.of("", "", ""), NoiseSource.keyed(5, "contributions", 0));
    }

    private static SweepPlan plan(SamplerProgram program) {
        return SweepPlan.of(program).fromReward(ROWS).cut(3, WEIGHTS).cut(1, WEIGHTS);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void each_call_of_a_sweep_has_its_own(boolean memory) {
        SamplerProgram program = memory ? TOY.programWithMemory(CALLS) : TOY.program(CALLS);
        List<double[]> alone = new ArrayList<>();
        double[] ordinary;
        try (Workbench workbench = Workbench.open(new ReferenceBackend(), parts());
                Rollout rollout = workbench.rollout(program, batch(), TOY.theta())) {
            try (SamplingChain chain = workbench.chain(rollout, TOY.theta(), 0, 0)) {
                ordinary = chain.sweep(chain.behaviour(), plan(program));
                for (int k = 0; k < CALLS; k++) {
                    SweepPlan only = plan(program);
                    for (int other = 0; other < CALLS; other++) {
                        only = other == k ? only : only.withoutParameters(other);
                    }
                    alone.add(chain.sweep(chain.behaviour(), only));
                }
            }
            try (SamplingChain chain = workbench.chain(rollout, TOY.theta(), 0, 0)) {
                StepContributions contributions = chain.keepContributions();
                double[] measured = chain.sweep(chain.behaviour(), plan(program));
                assertArrayEquals(ordinary, measured, "to the bit as without measuring");
                NavigableMap<Double, double[]> parts = contributions.byTime();
                assertEquals(List.of(4.0, 3.0, 2.0, 1.0, 0.0), List.copyOf(parts.keySet()));
                for (int k = 0; k < CALLS; k++) {
                    double[] part = Objects.requireNonNull(
                            parts.get(program.calls().get(k).at().label()));
                    assertTrue(Vectors.norm(part) > 1e-3, "call " + k);
                    assertArrayEquals(alone.get(k), part, 1e-13, "call " + k);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, -0.5})
    void an_estimator_that_pulls_back_itself_has_them_too(double factor) {
        SamplerProgram program = TOY.program(CALLS);
        try (Workbench workbench = Workbench.open(new ReferenceBackend(), parts());
                Rollout rollout = workbench.rollout(program, batch(), TOY.theta());
                SamplingChain chain = workbench.chain(rollout, TOY.theta(), 0, 0)) {
            StepContributions contributions = chain.keepContributions();
            Trajectory sampled = chain.behaviour();
            Denoiser.GradientSink sink = chain.denoiser().sink();
            double[] sum = new double[TOY.theta().length];
            for (int k : new int[] {3, 1, 3}) {
                chain.denoiser()
                        .pullBack(
                                chain.arena(),
                                sampled.state(k),
                                program.calls().get(k).at(),
                                program.wanted(),
                                chain.rewardGradient(sampled),
                                sink,
                                factor);
            }
            NavigableMap<Double, double[]> parts = contributions.byTime();
            assertEquals(List.of(3.0, 1.0), List.copyOf(parts.keySet()), "one part per time");
            parts.values().forEach(part -> Vectors.addTo(sum, 1, part));
            assertArrayEquals(sink.gradient(), sum, 1e-13);
            assertTrue(Vectors.norm(sum) > 1e-3);
        }
    }
}
