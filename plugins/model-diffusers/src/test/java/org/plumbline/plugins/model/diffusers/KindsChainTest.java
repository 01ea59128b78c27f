package org.plumbline.plugins.model.diffusers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Perturbation;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ImageDecoder;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.statistics.Vectors;

/** Models of every kind sample, and a reward's gradient comes back through everything between it and the noise. */
class KindsChainTest {
    private static final double GUIDANCE = 3;
    private static final double STEP = 1e-4;

    /** Differences of third order in the step. */
    private static final double RELATIVE = 1e-5;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource
    void the_gradient_of_a_chain_is_its_difference_quotient(TinyKind kind) throws IOException {
        try (DiffusionModel model = new DiffusersLoader().load(kind.write(folder.resolve("model")));
                ComputeBackend backend = new ReferenceBackend();
                Workbench bench = Workbench.open(backend, parts(model, kind))) {
            SamplerProgram program = program(model.prediction());
            double[] theta = bench.initialParameters(3);
            double[] direction = direction(theta.length);
            double[] gradient;
            try (Rollout rollout = bench.rollout(program, batch(kind), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 3, 0)) {
                gradient = chain.sweep(
                        chain.behaviour(),
                        SweepPlan.of(program).fromReward(prompts(kind).size()));
            }
            double quotient = (reward(bench, program, kind, moved(theta, STEP, direction))
                            - reward(bench, program, kind, moved(theta, -STEP, direction)))
                    / (2 * STEP);
            double slope = Vectors.dot(gradient, direction);
            assertTrue(Math.abs(slope) > 1e-6, "the reward does not depend on the direction");
            assertEquals(quotient, slope, RELATIVE * Math.abs(slope));
        }
    }

    private static ChainParts parts(DiffusionModel model, TinyKind kind) {
        long size = Arrays.stream(model.imageDecoder().imageShape()).reduce(1, Math::multiplyExact);
        double[] target = new SplittableRandom(5).doubles(size).toArray();
        return new ChainParts(
                model,
                new TrainableTarget.Full(List.of()),
                GUIDANCE,
                QuadraticReward.around(target),
                prompts(kind),
                prompts(kind).size());
    }

    private static List<String> prompts(TinyKind kind) {
        return kind == TinyKind.PIXELS
                ? List.of("", "")
                : kind.ofClasses() ? List.of("1", "2") : List.of("a red cat", "dog");
    }

    private static Batch batch(TinyKind kind) {
        return new Batch(prompts(kind), NoiseSource.keyed(3, "kinds", 0));
    }

    /** Two deterministic steps from almost pure noise. */
    private static SamplerProgram program(PredictionType prediction) {
        if (prediction == PredictionType.FLOW) {
            TimePoint first = new TimePoint(900, 0.1, 0.9);
            TimePoint second = new TimePoint(400, 0.6, 0.4);
            return program(
                    PredictionType.FLOW,
                    SamplerCall.single(first, 1, -0.5, 0, 0),
                    SamplerCall.single(second, 1, -0.4, 0, 0));
        }
        TimePoint first = new TimePoint(900, 0.28, 0.96);
        TimePoint second = new TimePoint(400, 0.8, 0.6);
        return program(
                PredictionType.EPSILON,
                SamplerCall.single(first, 0.8 / 0.28, 0.6 - 0.8 / 0.28 * 0.96, 0, 0),
                SamplerCall.single(second, 1 / 0.8, -0.6 / 0.8, 0, 0));
    }

    private static SamplerProgram program(PredictionType type, SamplerCall... calls) {
        return new SamplerProgram("two steps", type, OutputTransform.none(), 1, 1, List.of(calls), new double[] {1});
    }

    private static double reward(Workbench bench, SamplerProgram program, TinyKind kind, double[] theta) {
        try (Rollout rollout = bench.rollout(program, batch(kind), theta);
                SamplingChain chain = bench.chain(rollout, theta, 3, 0)) {
            double[] rewards =
                    chain.rewards(chain.perturbed(new Perturbation(new double[theta.length], 0, new BitSet())));
            return Arrays.stream(rewards).average().orElseThrow();
        }
    }

    private static double[] direction(int length) {
        SplittableRandom random = new SplittableRandom(11);
        double[] direction = new double[length];
        for (int i = 0; i < length; i++) {
            direction[i] = random.nextGaussian() / Math.sqrt(length);
        }
        return direction;
    }

    private static double[] moved(double[] theta, double step, double[] direction) {
        double[] moved = theta.clone();
        Vectors.addTo(moved, step, direction);
        return moved;
    }

    @Test
    void latents_are_decoded_one_by_one_to_the_bits_of_a_whole_batch() throws IOException {
        TinyKind kind = TinyKind.STABLE_DIFFUSION_1;
        int size = 4 * 8 * 8;
        // One call that leaves the noise as it is.
        SamplerProgram nothing =
                program(PredictionType.EPSILON, SamplerCall.single(new TimePoint(400, 0.8, 0.6), 1, 0, 0, 0));
        try (DiffusionModel model = new DiffusersLoader().load(kind.write(folder.resolve("model")));
                ComputeBackend backend = new ReferenceBackend();
                BackendSession session = backend.open();
                TensorArena arena = session.arena();
                Workbench bench = Workbench.open(backend, parts(model, kind))) {
            ImageDecoder decoder = model.imageDecoder();
            assertEquals(1, decoder.rowsPerCall());
            double[] noise = new double[2 * size];
            for (int row = 0; row < 2; row++) {
                System.arraycopy(batch(kind).noise().initial(row, size), 0, noise, row * size, size);
            }
            double[] whole = session.compile(decoder.graph(), decoder.weights(), ParameterLayout.empty())
                    .forward(arena, null, Map.of(ImageDecoder.LATENT, arena.tensor(noise, 2, 4, 8, 8)))
                    .toDoubles();
            assertArrayEquals(
                    whole,
                    bench.images(nothing, batch(kind), bench.initialParameters(3))
                            .pixels());
        }
    }

    @Test
    void the_empty_prompt_of_a_model_that_says_so_is_a_condition_of_zeros() throws IOException {
        try (DiffusionModel model =
                new DiffusersLoader().load(TinyKind.STABLE_DIFFUSION_XL.write(folder.resolve("model")))) {
            assertTrue(Arrays.stream(encoded(model, "")).allMatch(number -> number == 0));
            assertFalse(Arrays.stream(encoded(model, "cat")).anyMatch(number -> !Double.isFinite(number)));
            assertTrue(Arrays.stream(encoded(model, "cat")).anyMatch(number -> number != 0));
        }
    }

    @Test
    void the_rows_of_an_absent_text_network_are_zeros_before_the_vector_of_the_prompt() throws IOException {
        try (DiffusionModel model =
                new DiffusersLoader().load(TinyKind.STABLE_DIFFUSION_3.write(folder.resolve("model")))) {
            double[] condition = encoded(model, "a cat");
            int width = 24;
            assertEquals((16 + 256 + 1) * width, condition.length);
            for (int row = 0; row < 16 + 256 + 1; row++) {
                int used = row < 16 ? 12 + 8 : row < 16 + 256 ? 0 : 6 + 4;
                for (int i = 0; i < width; i++) {
                    assertEquals(i < used, condition[row * width + i] != 0, "row " + row + ", place " + i);
                }
            }
        }
    }

    @Test
    void a_class_is_asked_for_by_number_or_by_name() throws IOException {
        try (DiffusionModel model = new DiffusersLoader().load(TinyKind.DIT.write(folder.resolve("model")))) {
            assertArrayEquals(new double[] {0, 1, 0, 0}, encoded(model, "1"));
            assertArrayEquals(new double[] {0, 1, 0, 0}, encoded(model, "Goldfish"));
            assertArrayEquals(new double[] {1, 0, 0, 0}, encoded(model, "Tinca tinca"));
            assertArrayEquals(new double[] {0, 0, 0, 1}, encoded(model, ""));
            for (String wrong : List.of("4", "-1", "a cat", "99999999999", "1.0")) {
                PlumblineException e = assertThrows(PlumblineException.class, () -> encoded(model, wrong));
                assertEquals(StandardError.BAD_VALUE, e.code());
                assertTrue(e.getMessage().contains("0 to 3"), e.getMessage());
            }
        }
    }

    private static double[] encoded(DiffusionModel model, String prompt) {
        PromptEncoder encoder = model.promptEncoder().orElseThrow();
        double[] ids = Arrays.stream(encoder.tokenize(prompt)).asDoubleStream().toArray();
        try (BackendSession session = new ReferenceBackend().open();
                TensorArena arena = session.arena()) {
            return session.compile(encoder.graph(), encoder.weights(), ParameterLayout.empty())
                    .forward(arena, null, Map.of(PromptEncoder.TOKENS, arena.tensor(ids, 1, ids.length)))
                    .toDoubles();
        }
    }
}
