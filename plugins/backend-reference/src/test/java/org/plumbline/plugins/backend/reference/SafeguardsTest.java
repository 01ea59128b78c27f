package org.plumbline.plugins.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.safeguard.Anchor;
import org.plumbline.kernel.safeguard.DenoisingAnchor;
import org.plumbline.kernel.safeguard.DivergenceAnchor;
import org.plumbline.kernel.safeguard.ParameterAnchor;
import org.plumbline.kernel.safeguard.VarianceMeter;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.ConditionedMlp;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;
import org.plumbline.toolkit.statistics.Vectors;

/** Anchors against finite differences of the distances they claim to make smaller, in float64; the variance meter. */
class SafeguardsTest {
    private static final ConditionedMlp MLP = ConditionedMlp.standard();
    private static final DiscreteNoiseSchedule SCHEDULE = DiscreteNoiseSchedule.ofBetas(
            BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);
    private static final List<String> PROMPTS = List.of("one", "other");
    private static final double WEIGHT = 0.3;

    @Test
    void the_parameter_anchor_is_half_the_squared_distance_from_the_start() {
        Bench bench = new Bench();
        try (bench) {
            check(bench, new ParameterAnchor(WEIGHT, bench.start), "anchor-l2");
        }
    }

    @Test
    void the_divergence_anchor_is_the_divergence_of_the_steps_with_the_states_held() {
        Bench bench = new Bench();
        try (bench) {
            check(bench, new DivergenceAnchor(WEIGHT), "anchor-kl");
            try (Rollout rollout = bench.workbench.rollout(bench.program, bench.batch(), bench.start);
                    SamplingChain chain = bench.workbench.chain(rollout, bench.start, 1, 0)) {
                Anchor.Pull atStart = new DivergenceAnchor(WEIGHT).pull(bench.workbench, rollout, chain);
                assertEquals(0, atStart.distance());
                assertEquals(0, Vectors.norm(atStart.gradient()));
            }
        }
    }

    @Test
    void the_denoising_anchor_is_the_loss_of_pre_training_without_guidance() {
        Bench bench = new Bench();
        try (bench) {
            check(bench, new DenoisingAnchor(WEIGHT, new Dots(), 5), "anchor-denoising");
        }
    }

    /** The rollout stays while the parameters move, so every distance is a function of the parameters alone. */
    private static void check(Bench bench, Anchor anchor, String name) {
        double[] theta = bench.start.clone();
        Vectors.addTo(theta, 0.1, NoiseStream.of(3, "moved", 0).gaussians(theta.length));
        try (Rollout rollout = bench.workbench.rollout(bench.program, bench.batch(), theta)) {
            Anchor.Pull pull;
            try (SamplingChain chain = bench.workbench.chain(rollout, theta, 1, 0)) {
                pull = anchor.pull(bench.workbench, rollout, chain);
            }
            assertEquals(name, pull.name());
            assertTrue(pull.distance() > 0.01, "a distance of " + pull.distance());
            double[] slopes = new double[theta.length];
            double h = 1e-5;
            for (int i = 0; i < theta.length; i++) {
                slopes[i] = -WEIGHT
                        * (distance(bench, anchor, rollout, theta, i, h)
                                - distance(bench, anchor, rollout, theta, i, -h))
                        / (2 * h);
            }
            assertArrayEquals(slopes, pull.gradient(), 1e-7 * (1 + Vectors.norm(slopes)));
        }
    }

    private static double distance(Bench bench, Anchor anchor, Rollout rollout, double[] theta, int i, double h) {
        double[] moved = theta.clone();
        moved[i] += h;
        try (SamplingChain chain = bench.workbench.chain(rollout, moved, 1, 0)) {
            return anchor.pull(bench.workbench, rollout, chain).distance();
        }
    }

    @Test
    void the_variance_meter_finds_the_variance_and_leaves_the_estimator_as_it_was() {
        Bench bench = new Bench();
        try (bench) {
            Noisy estimator = new Noisy();
            VarianceMeter meter = new VarianceMeter(400, number -> bench.batch());
            Map<String, Double> measured = meter.measure(bench.workbench, estimator, bench.program, bench.start, 8, 3);
            int n = bench.start.length;
            // The sum of n sample variances of 4 times a chi-squared variable: relative deviation sqrt(2 / (399 n)).
            assertEquals(4.0 * n, measured.get("meter-variance"), 4 * 4.0 * n * Math.sqrt(2.0 / (399 * n)));
            assertEquals(9.0 * n, measured.get("meter-squared-length"), 4 * 2 * 3 * Math.sqrt(n) * 2 / Math.sqrt(400));
            assertEquals(
                    measured.get("meter-variance") / measured.get("meter-squared-length"),
                    measured.get("meter-relative-variance"));
            assertEquals(0, estimator.calls, "what it remembers is put back");
        }
    }

    /** Every component normal with mean 3 and deviation 2; remembers how often it was asked. */
    private static final class Noisy implements GradientEstimator {
        private double calls;

        @Override
        public Set<EstimatorTrait> traits() {
            return Set.of();
        }

        @Override
        public GradientEstimate estimate(Chain chain) {
            calls++;
            double[] gradient = new double[chain.parameterCount()];
            RandomGenerator random = chain.random("noisy");
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] = 3 + 2 * random.nextGaussian();
            }
            return GradientEstimate.of(gradient, new double[chain.rows()]);
        }

        @Override
        public Map<String, double[]> memory() {
            return Map.of("calls", new double[] {calls});
        }

        @Override
        public void recall(Map<String, double[]> memory) {
            calls = memory.get("calls")[0];
        }

        @Override
        public List<Citation> citations() {
            return List.of();
        }
    }

    /** Six numbers that depend on the index, with either caption. */
    private static final class Dots implements CaptionedDataset {
        @Override
        public long[] imageShape() {
            return new long[] {6, 1, 1};
        }

        @Override
        public int size(Split split) {
            return 7;
        }

        @Override
        public int classes() {
            return 2;
        }

        @Override
        public Example example(Split split, int index, RandomGenerator random) {
            float[] pixels = new float[6];
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (float) Math.sin(index + i);
            }
            return new Example(pixels, PROMPTS.get(index % 2), index % 2);
        }

        @Override
        public List<Citation> citations() {
            return List.of();
        }
    }

    private static final class Bench implements AutoCloseable {
        private final Workbench workbench = Workbench.open(
                new ReferenceBackend(),
                new ChainParts(
                        ClosedFormModel.of(
                                MLP, SCHEDULE, PROMPTS, new double[] {0.3, -0.2, 0.5}, new double[] {-0.4, 0.1, 0.2}),
                        new TrainableTarget.Full(List.of()),
                        1.7,
                        QuadraticReward.around(MLP.target()),
                        PROMPTS,
                        2));
        private final double[] start = workbench.initialParameters(0);
        private final SamplerProgram program = noisy();

        private Batch batch() {
            return new Batch(PROMPTS, NoiseSource.keyed(4, "safeguards", 0));
        }

        /** Three steps with a mean that is linear in the predicted noise. */
        private static SamplerProgram noisy() {
            List<SamplerCall> calls = IntStream.of(900, 600, 300)
                    .mapToObj(step -> SamplerCall.single(TimePoint.ofStep(SCHEDULE, step), 1.1, -0.4, 0, 0.3))
                    .toList();
            return new SamplerProgram(
                    "three noisy steps", PredictionType.EPSILON, OutputTransform.none(), 1, 1, calls, new double[] {1});
        }

        @Override
        public void close() {
            workbench.close();
        }
    }
}
