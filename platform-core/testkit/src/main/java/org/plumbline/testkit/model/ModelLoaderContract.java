package org.plumbline.testkit.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ImageDecoder;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;

/** The contract of model loaders; see the package description. */
public abstract class ModelLoaderContract {
    @TempDir
    private Path scratch;

    /** For subclasses. */
    protected ModelLoaderContract() {}

    /** Where networks run; in float64. The contract closes it. */
    protected abstract ComputeBackend backend();

    /** The loader. */
    protected abstract ModelLoader loader();

    /**
     * A small model that it reads.
     *
     * @param empty a folder in which it may be made
     */
    protected abstract Path model(Path empty) throws IOException;

    /** What can be trained: at least one target. */
    protected abstract List<TrainableTarget.Weights> targets();

    /** Prompts that the model takes, the first of them empty; at least two. */
    protected List<String> prompts() {
        return List.of("", "a cat", "a dog", "one two three ".repeat(200));
    }

    /**
     * Folders that must be refused, with the code; by default one that does not exist.
     *
     * @param empty a folder in which they may be made
     */
    protected Map<Path, StandardError> refused(Path empty) throws IOException {
        return Map.of(empty.resolve("nothing-here"), StandardError.MISSING_FILE);
    }

    /** What is done with a loaded model on a session. */
    private interface Check {
        void run(DiffusionModel model, BackendSession session) throws IOException;
    }

    private void loaded(Check check) throws IOException {
        Path folder = model(scratch.resolve("model"));
        try (ComputeBackend backend = backend();
                BackendSession session = backend.open();
                DiffusionModel model = loader().load(folder)) {
            check.run(model, session);
        }
    }

    @Test
    void the_denoiser_takes_known_inputs_and_predicts_in_the_shape_of_the_latent() throws IOException {
        loaded((model, session) -> {
            for (TensorSpec input : model.denoiser().inputs()) {
                assertTrue(DenoiserInput.of(input.name()).isPresent(), () -> "unknown input " + input);
            }
            long[] latent = model.latentShape();
            assertTrue(
                    latent.length == 3 || latent.length == 4,
                    "channels, height, width; or channels, frames, height, width");
            Network network = session.compile(model.denoiser(), model.denoiserWeights(), ParameterLayout.empty());
            try (TensorArena arena = session.arena()) {
                for (int rows : new int[] {1, 3}) {
                    Tensor output = network.forward(arena, null, inputs(arena, model.denoiser(), rows));
                    assertArrayEquals(batch(rows, latent), output.shape());
                    assertTrue(Arrays.stream(output.toDoubles()).allMatch(Double::isFinite));
                }
            }
        });
    }

    @Test
    void the_decoder_makes_images_of_the_stated_shape() throws IOException {
        loaded((model, session) -> {
            ImageDecoder decoder = model.imageDecoder();
            Network network = session.compile(decoder.graph(), decoder.weights(), ParameterLayout.empty());
            try (TensorArena arena = session.arena()) {
                long[] image = decoder.imageShape();
                Tensor output = network.forward(arena, null, inputs(arena, decoder.graph(), 2));
                assertArrayEquals(batch(2, image), output.shape());
            }
        });
    }

    @Test
    void prompts_become_conditions_that_the_denoiser_takes() throws IOException {
        loaded((model, session) -> {
            Optional<TensorSpec> condition = model.denoiser().inputs().stream()
                    .filter(input -> input.name().equals(DenoiserInput.CONDITION.key()))
                    .findFirst();
            assertEquals(condition.isPresent(), model.promptEncoder().isPresent(), "a prompt encoder and a condition");
            assumeTrue(condition.isPresent(), "takes no prompts");
            PromptEncoder encoder = model.promptEncoder().orElseThrow();
            long[] tokens = encoder.tokenize(prompts().get(1));
            for (String prompt : prompts()) {
                assertEquals(tokens.length, encoder.tokenize(prompt).length, "the length of every token list");
            }
            Network network = session.compile(encoder.graph(), encoder.weights(), ParameterLayout.empty());
            try (TensorArena arena = session.arena()) {
                double[] ids = Arrays.stream(tokens).asDoubleStream().toArray();
                Tensor output =
                        network.forward(arena, null, Map.of(PromptEncoder.TOKENS, arena.tensor(ids, 1, ids.length)));
                long[] expected = condition.orElseThrow().shape();
                long[] found = output.shape();
                assertEquals(3, found.length);
                for (int axis = 1; axis < 3; axis++) {
                    // A size that is not fixed fits any.
                    assertTrue(
                            expected[axis] < 0 || expected[axis] == found[axis],
                            () -> Arrays.toString(found) + " for " + Arrays.toString(expected));
                }
            }
        });
    }

    @Test
    void the_schedule_goes_from_signal_to_noise() throws IOException {
        loaded((model, session) -> {
            int steps = model.schedule().trainSteps();
            assertTrue(steps > 0);
            for (int n = 1; n < steps; n++) {
                int step = n;
                assertTrue(
                        model.schedule().alphaBar(n) < model.schedule().alphaBar(n - 1), () -> "alpha-bar of " + step);
            }
        });
    }

    @Test
    void initial_theta_is_the_pretrained_model_bit_for_bit() throws IOException {
        loaded((model, session) -> {
            double[] before = run(session, model.denoiser(), model.denoiserWeights(), ParameterLayout.empty(), null);
            for (TrainableTarget.Weights target : targets()) {
                TrainableWeights weights = model.trainable(target);
                double[] theta = weights.initial(3);
                assertArrayEquals(theta, weights.initial(3), target + ": the same seed");
                assertEquals(weights.layout().size(), theta.length, target + ": length");
                assertArrayEquals(
                        before,
                        run(session, weights.denoiser(), model.denoiserWeights(), weights.layout(), theta),
                        target.toString());
            }
        });
    }

    /** The backend refuses a layout with a name that the graph does not ask for, or of another size. */
    @Test
    void every_trained_number_has_a_name_and_a_place_and_moves_the_prediction() throws IOException {
        loaded((model, session) -> {
            for (TrainableTarget.Weights target : targets()) {
                TrainableWeights weights = model.trainable(target);
                ParameterLayout layout = weights.layout();
                int end = 0;
                for (ParameterLayout.Entry entry : layout.entries()) {
                    assertFalse(entry.name().isBlank());
                    assertEquals(end, entry.offset(), () -> target + ": offset of " + entry.name());
                    end += entry.size();
                    if (target instanceof TrainableTarget.Full) {
                        assertArrayEquals(model.denoiserWeights().shape(entry.name()), entry.shape(), entry.name());
                    }
                }
                assertEquals(layout.size(), end, () -> target + ": length of theta");
                double[] theta = weights.initial(3);
                double[] before = run(session, weights.denoiser(), model.denoiserWeights(), layout, theta);
                double[] after = run(session, weights.denoiser(), model.denoiserWeights(), layout, moved(theta));
                assertFalse(Arrays.equals(before, after), () -> target + ": theta changes nothing");
            }
        });
    }

    @Test
    void trained_numbers_are_saved_and_read_back_bit_for_bit() throws IOException {
        loaded((model, session) -> {
            int number = 0;
            for (TrainableTarget.Weights target : targets()) {
                TrainableWeights weights = model.trainable(target);
                double[] theta = moved(weights.initial(3));
                Path folder = scratch.resolve("saved-" + number++);
                Path file = weights.save(theta, folder);
                assertTrue(file.startsWith(folder), () -> file + " is not inside " + folder);
                assertArrayEquals(theta, weights.load(file), target.toString());
                double[] other = moved(theta);
                weights.save(other, folder);
                assertArrayEquals(other, weights.load(file), target + ": written over");
            }
        });
    }

    @Test
    void trained_numbers_that_are_not_there_are_refused() throws IOException {
        loaded((model, session) -> {
            for (TrainableTarget.Weights target : targets()) {
                PlumblineException refusal = assertThrows(
                        PlumblineException.class,
                        () -> model.trainable(target).load(scratch.resolve("no-such-file.safetensors")));
                assertTrue(
                        refusal.code() == StandardError.MISSING_FILE || refusal.code() == StandardError.MALFORMED_FILE,
                        refusal.getMessage());
            }
        });
    }

    @Test
    void a_target_that_selects_nothing_is_refused() throws IOException {
        loaded((model, session) -> {
            for (TrainableTarget.Weights nothing : List.of(
                    new TrainableTarget.Full(List.of("no-such-weight")),
                    new TrainableTarget.Lora(1, 1, List.of("no-such-layer")))) {
                PlumblineException refusal =
                        assertThrows(PlumblineException.class, () -> model.trainable(nothing), nothing.toString());
                assertEquals(StandardError.BAD_VALUE, refusal.code(), refusal.getMessage());
            }
        });
    }

    @Test
    void a_folder_that_is_no_model_is_refused_with_the_right_code() throws IOException {
        for (Map.Entry<Path, StandardError> folder :
                refused(scratch.resolve("refused")).entrySet()) {
            PlumblineException refusal = assertThrows(
                    PlumblineException.class,
                    () -> loader().load(folder.getKey()),
                    () -> folder.getKey() + " is loaded");
            assertEquals(folder.getValue(), refusal.code(), refusal.getMessage());
        }
    }

    @Test
    @SuppressWarnings("try") // Closing twice is the point.
    void it_is_loaded_twice_and_closed_twice() throws IOException {
        Path folder = model(scratch.resolve("model"));
        DiffusionModel first = loader().load(folder);
        DiffusionModel second = loader().load(folder);
        first.close();
        first.close();
        try (ComputeBackend backend = backend();
                BackendSession session = backend.open()) {
            assertTrue(run(session, second.denoiser(), second.denoiserWeights(), ParameterLayout.empty(), null).length
                    > 0);
        }
        second.close();
    }

    /** Other numbers, as float32 files hold them. */
    private static long[] batch(long rows, long[] one) {
        long[] shape = new long[one.length + 1];
        shape[0] = rows;
        System.arraycopy(one, 0, shape, 1, one.length);
        return shape;
    }

    private static double[] moved(double[] theta) {
        SplittableRandom random = new SplittableRandom(11);
        return Arrays.stream(theta)
                .map(value -> (float) (value + 0.1 * (random.nextDouble() - 0.5)))
                .toArray();
    }

    private static double[] run(
            BackendSession session,
            GraphDefinition graph,
            WeightSource weights,
            ParameterLayout layout,
            double @Nullable [] theta) {
        try (Network network = session.compile(graph, weights, layout);
                TensorArena arena = session.arena()) {
            Tensor parameters = theta == null ? null : arena.tensor(theta, theta.length);
            return network.forward(arena, parameters, inputs(arena, graph, 2)).toDoubles();
        }
    }

    /** Numbers that every input takes: times are whole, rates lie between 0 and 1. */
    private static Map<String, Tensor> inputs(TensorArena arena, GraphDefinition graph, int rows) {
        Map<String, Tensor> inputs = new HashMap<>();
        SplittableRandom random = new SplittableRandom(5);
        for (TensorSpec spec : graph.inputs()) {
            long[] shape = spec.shape();
            shape[0] = rows;
            for (int axis = 1; axis < shape.length; axis++) {
                shape[axis] = shape[axis] < 0 ? 4 : shape[axis];
            }
            int size = rows;
            for (int axis = 1; axis < shape.length; axis++) {
                size = Math.toIntExact(size * shape[axis]);
            }
            boolean time = spec.name().equals(DenoiserInput.TIMESTEP.key());
            double[] values = random.doubles(size, 0.2, 0.9)
                    .map(value -> time ? Math.floor(10 * value) : value)
                    .toArray();
            inputs.put(spec.name(), arena.tensor(values, shape));
        }
        return inputs;
    }
}
