package org.plumbline.plugins.estimator.adjoint.matching;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.adjoint.matching.AdjointMatching.Configuration;
import org.plumbline.plugins.estimator.adjoint.matching.AdjointMatching.Side;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.testkit.estimator.FiniteDifferences;
import org.plumbline.testkit.estimator.RecordedFlow;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;
import org.plumbline.toolkit.statistics.Vectors;

class OptimalControlTest {
    private static final double LAMBDA = 3;
    private static final int ROWS = 3;
    private static final NoiseSchedule SCHEDULE = DiscreteNoiseSchedule.ofBetas(
            BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);

    /** For every sample alone: the adjoint does not depend on it. */
    @Test
    void the_estimate_is_the_gradient_of_the_regularised_reward_and_vanishes_at_its_maximum() {
        double[] anywhere = {0.3, -0.2, 0.5, 0.1, -0.4, 0.6, 0.2, -0.7};
        double[] expected = FiniteDifferences.gradient(pushes -> SteeredChain.objective(LAMBDA, pushes), anywhere);
        assertArrayEquals(expected, steered(anywhere, null, 0).gradient(), 1e-8);

        double[] atOptimum = steered(SteeredChain.optimum(LAMBDA), null, 0).gradient();
        assertTrue(Vectors.norm(atOptimum) < 1e-12, () -> Arrays.toString(atOptimum));
    }

    @Test
    void drawn_steps_weigh_as_much_on_average_as_all_of_them() {
        double[] anywhere = {0.3, -0.2, 0.5, 0.1, -0.4, 0.6, 0.2, -0.7};
        double[] all = steered(anywhere, null, 0).gradient();
        double[] sum = new double[all.length];
        int updates = 400;
        for (int update = 0; update < updates; update++) {
            double[] drawn = steered(anywhere, 2, update).gradient();
            long moved = Arrays.stream(drawn).filter(g -> g != 0).count();
            assertTrue(moved == 4, "two of the four calls have a gradient");
            Vectors.addTo(sum, 1.0 / updates, drawn);
        }
        // Two calls in each stratum, one of them drawn: each call counts twice in half of the updates, so the mean of
        // 400
        // has a standard error of 5 % of each component.
        for (int i = 0; i < all.length; i++) {
            assertTrue(Math.abs(sum[i] - all[i]) < 4 * 0.05 * Math.abs(all[i]), "component " + i);
        }
    }

    /** The chain is nonlinear here, and the exact adjoint is another code path. */
    @Test
    void at_the_pretrained_model_it_is_the_multiplier_times_the_gradient_of_the_reward() {
        for (TrainableTarget target : List.of(RecordedFlow.WEIGHTS, new TrainableTarget.Conditioning())) {
            RecordedFlow.Found found = RecordedFlow.run(
                    new ReferenceBackend(),
                    new AdjointMatching(new Configuration(LAMBDA, null, Side.AFTER_STEP, false)),
                    target,
                    RecordedFlow.model(SCHEDULE),
                    ancestral(12),
                    5);
            double[] expected = new double[found.exact().length];
            Vectors.addTo(expected, LAMBDA, found.exact());
            assertTrue(
                    Vectors.norm(Vectors.difference(expected, found.estimate().gradient()))
                            < 1e-12 * Vectors.norm(expected));
            Map<String, Double> diagnostics = found.estimate().diagnostics();
            assertTrue(diagnostics.get("divergence") == 0, diagnostics::toString);
        }
    }

    @Test
    void ddim_with_eta_1_is_memoryless_and_less_noise_is_not() {
        AdjointMatching matching = new AdjointMatching(new Configuration(1, null, Side.AFTER_STEP, false));
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = Workbench.open(backend, parts())) {
            matching.check(bench.profile(ancestral(12)));
            SamplerProgram quieter = withNoise(ancestral(12), 0.9);
            assertThrows(PlumblineException.class, () -> matching.check(bench.profile(quieter)));
        }
    }

    /** DDIM with eta 1 and a last step that keeps some noise. */
    private static SamplerProgram ancestral(int steps) {
        List<SamplerCall> calls = new ArrayList<>();
        for (int i = steps; i >= 1; i--) {
            TimePoint at = TimePoint.ofTime(SCHEDULE, (double) i / steps);
            TimePoint next = TimePoint.ofTime(SCHEDULE, Math.max(0.001, (double) (i - 1) / steps));
            double s = next.sigma() / at.sigma() * Math.sqrt(1 - Math.pow(at.alpha() / next.alpha(), 2));
            double kept = next.alpha() / at.alpha();
            double direction = Math.sqrt(Math.max(0, next.sigma() * next.sigma() - s * s));
            calls.add(SamplerCall.single(at, kept, direction - kept * at.sigma(), 0, s));
        }
        return new SamplerProgram(
                "ancestral", PredictionType.EPSILON, OutputTransform.none(), 1, 1, calls, new double[] {1});
    }

    private static SamplerProgram withNoise(SamplerProgram program, double factor) {
        List<SamplerCall> calls = program.calls().stream()
                .map(call -> SamplerCall.single(
                        call.at(), call.transition()[0][0], call.ofOutput()[0], 0, factor * call.noise()))
                .toList();
        return new SamplerProgram("quieter", program.wanted(), program.transform(), 1, 1, calls, new double[] {1});
    }

    private static ChainParts parts() {
        return new ChainParts(
                ClosedFormModel.of(new SteeredChain(), SCHEDULE),
                new TrainableTarget.Full(List.of("push")),
                1,
                new SteeredChain.Along(),
                List.of(""),
                ROWS);
    }

    private static GradientEstimate steered(double[] pushes, @Nullable Integer steps, long update) {
        AdjointMatching matching = new AdjointMatching(new Configuration(LAMBDA, steps, Side.AFTER_STEP, true));
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = Workbench.open(backend, parts());
                Rollout rollout = bench.rollout(
                        new SteeredChain().program(),
                        new Batch(Collections.nCopies(ROWS, ""), NoiseSource.keyed(7, "steered", update)),
                        pushes);
                SamplingChain chain = bench.chain(rollout, pushes, 7, update)) {
            return matching.estimate(chain);
        }
    }
}
