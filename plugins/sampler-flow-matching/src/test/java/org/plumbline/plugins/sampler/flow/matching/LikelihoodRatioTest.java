package org.plumbline.plugins.sampler.flow.matching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Configuration;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Solver;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Spacing;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.HolmCorrection;
import org.plumbline.testkit.estimator.Replicas;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.GaussianFlow;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.schedule.FlowSchedule;
import org.plumbline.toolkit.statistics.Advantages;

/**
 * Scores of the stochastic forms on the flow of Gaussian data have the gradient of the expected reward as their
 * expectation: that of the exact adjoint of the same samples.
 */
class LikelihoodRatioTest {
    private static final int ROWS = 128;
    private static final int REPLICAS = 300;

    @ParameterizedTest
    @CsvSource({"FLOW_GRPO, 0.7", "DANCE_GRPO, 1", "CPS, 0.5"})
    void scores_are_unbiased(Noise noise, double level) {
        SamplerProgram program = new FlowMatchingSampler(
                        new Configuration(Solver.EULER, noise, level, null, 1.0, null, Spacing.UNIFORM))
                .program(new Sampler.Request(new FlowSchedule(1000), PredictionType.FLOW, 5, Map.of()));
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = Workbench.open(
                        backend,
                        new ChainParts(
                                ClosedFormModel.of(new GaussianFlow(), new FlowSchedule(1000)),
                                new TrainableTarget.Full(List.of()),
                                1,
                                QuadraticReward.around(1, 0.5, -0.5),
                                List.of(""),
                                ROWS))) {
            Replicas replicas = Replicas.of(
                    bench,
                    program,
                    new Scores(),
                    Collections.nCopies(ROWS, ""),
                    bench.initialParameters(0),
                    20240229,
                    REPLICAS);
            HolmCorrection holm = HolmCorrection.of(replicas.difference(), 1e-3);
            String found = noise + ": relative bias " + replicas.relativeBias() + ", standard error "
                    + replicas.relativeBiasError() + ", " + holm;
            assertTrue(replicas.relativeBiasError() < 0.1, found);
            assertEquals(0, holm.rejected(), found);
        }
    }

    /** Scores of the noisy steps; where the last step has no noise, the reward's gradient through it. */
    private record Scores() implements GradientEstimator {
        @Override
        public Set<EstimatorTrait> traits() {
            return Set.of(EstimatorTrait.UNBIASED);
        }

        @Override
        public GradientEstimate estimate(Chain chain) {
            SamplerProgram program = chain.program();
            double[] rewards = chain.rewards(chain.behaviour());
            double[] advantages = Advantages.leaveOneOut(rewards);
            SweepPlan plan = SweepPlan.of(program);
            for (int k = 0; k < program.size(); k++) {
                plan = program.stochastic(k) ? plan.cut(k, advantages) : plan.fromReward(chain.rows());
            }
            return GradientEstimate.of(chain.sweep(chain.behaviour(), plan), rewards);
        }

        @Override
        public List<Citation> citations() {
            return List.of();
        }
    }
}
