package org.plumbline.plugins.estimator.symplectic.guidance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.symplectic.guidance.SymplecticGuidance.Configuration;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.FiniteDifferences;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.ConditionedMlp;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.ExponentialIntegrator;
import org.plumbline.toolkit.sampler.FlowDomain;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;
import org.plumbline.toolkit.statistics.Vectors;

/** The estimate against finite differences of the reward that it reports for its prediction. */
class PredictedRewardTest {
    private static final int ROWS = 2;
    private static final int CALLS = 6;
    private static final ConditionedMlp MLP = ConditionedMlp.standard();
    private static final NoiseSchedule SCHEDULE = DiscreteNoiseSchedule.ofBetas(
            BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);
    private static final List<String> PROMPTS = List.of("c");

    @TestFactory
    Stream<DynamicTest> the_gradient_is_that_of_the_predicted_reward() {
        List<DynamicTest> tests = new ArrayList<>();
        for (FlowDomain domain : FlowDomain.values()) {
            for (ButcherTableau method : List.of(ButcherTableau.EULER, ButcherTableau.MIDPOINT, ButcherTableau.RK4)) {
                // Weights from the first call, where the state does not depend on them: nothing has to pass the chain.
                tests.add(test(domain, method, new TrainableTarget.Full(List.of("W1", "b")), 0, false));
                tests.add(test(domain, method, new TrainableTarget.Full(List.of("W1", "b")), 4, true));
            }
            tests.add(test(domain, ButcherTableau.HEUN, new TrainableTarget.Conditioning(), 3, true));
            tests.add(test(domain, ButcherTableau.HEUN, new TrainableTarget.InitialNoise(), 3, true));
            tests.add(test(domain, ButcherTableau.HEUN, new TrainableTarget.InitialNoise(), 0, true));
        }
        return tests.stream();
    }

    private static DynamicTest test(
            FlowDomain domain, ButcherTableau method, TrainableTarget target, int call, boolean throughChain) {
        Configuration configuration =
                new Configuration(3, method, domain, (call + 0.01) / CALLS, (call + 0.99) / CALLS, throughChain);
        return dynamicTest(domain + " " + method + " " + target + " from call " + call, () -> {
            try (ReferenceBackend backend = new ReferenceBackend();
                    Workbench bench = Workbench.open(
                            backend,
                            new ChainParts(
                                    ClosedFormModel.of(MLP, SCHEDULE, PROMPTS, MLP.condition()),
                                    target,
                                    1.5,
                                    QuadraticReward.halfSquare(MLP.target()),
                                    PROMPTS,
                                    ROWS))) {
                double[] theta = target instanceof TrainableTarget.InitialNoise ? noise() : bench.initialParameters(0);
                GradientEstimate estimate = estimate(bench, configuration, theta);
                assertEquals(call, estimate.diagnostics().get("drawn-call"));
                double[] expected = FiniteDifferences.gradient(
                        moved -> Objects.requireNonNull(estimate(bench, configuration, moved)
                                .diagnostics()
                                .get("predicted-reward")),
                        theta);
                double error = Vectors.norm(Vectors.difference(expected, estimate.gradient()));
                assertTrue(
                        error < 1e-8 * Vectors.norm(expected),
                        () -> "error " + error + " of " + Arrays.toString(expected));
            }
        });
    }

    private static GradientEstimate estimate(Workbench bench, Configuration configuration, double[] theta) {
        SamplerProgram program = new ExponentialIntegrator(
                        SCHEDULE, ExponentialIntegrator.Grid.TIME_UNIFORM.times(SCHEDULE, CALLS))
                .program(ButcherTableau.EULER);
        SymplecticGuidance guidance = new SymplecticGuidance(configuration);
        guidance.check(bench.profile(program));
        try (Rollout rollout =
                        bench.rollout(program, new Batch(List.of("c", "c"), NoiseSource.keyed(3, "sag", 0)), theta);
                SamplingChain chain = bench.chain(rollout, theta, 3, 0)) {
            return guidance.estimate(chain);
        }
    }

    private static double[] noise() {
        double[] noise = new double[ROWS * 6];
        Arrays.setAll(noise, i -> Math.sin(1.3 * i + 0.4));
        return noise;
    }
}
