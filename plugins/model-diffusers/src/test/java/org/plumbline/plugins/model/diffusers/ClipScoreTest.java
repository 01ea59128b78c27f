package org.plumbline.plugins.model.diffusers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.model.diffusers.network.GoldenCases;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.Tokenizer;
import org.plumbline.spi.plugin.PluginContext;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.testkit.reward.RewardContract;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/** The reward against CLIPModel of transformers, in float64. */
class ClipScoreTest {
    private static final Path FOLDER = GoldenCases.resource("/clip-score");

    @TempDir
    private Path scratch;

    private static ClipScore reward(Path folder) {
        PluginContext context = new PluginContext() {
            @Override
            public String id() {
                return "clip-score";
            }

            @Override
            public Path resolve(String name) {
                return folder.resolve(name);
            }
        };
        return new ClipScore(new ClipScore.Configuration(".", null, 1), context);
    }

    @Test
    void cosines_and_their_gradients_are_those_of_transformers() {
        List<String> prompts = List.of("a cat and a dog", "the red dog, barking!");
        try (ClipScore reward = reward(FOLDER);
                SafetensorsFile numbers = SafetensorsFile.open(FOLDER.resolve("score.safetensors"));
                BackendSession session = new ReferenceBackend().open();
                TensorArena arena = session.arena()) {
            Network network =
                    session.compile(reward.graph(new long[] {3, 8, 8}), reward.weights(), ParameterLayout.empty());
            VectorJacobian pulled = network.vjp(
                    arena,
                    null,
                    Map.of(
                            DifferentiableRewardModel.IMAGE,
                            arena.tensor(numbers.doubles("in.image"), 2, 3, 8, 8),
                            Tokenizer.TOKENS,
                            arena.tensor(reward.inputs(prompts).get(Tokenizer.TOKENS), 2, 77)),
                    arena.tensor(new double[] {1, 1}, 2),
                    Set.of(DifferentiableRewardModel.IMAGE));
            assertArrayEquals(numbers.doubles("out.cosine.f64"), pulled.output().toDoubles(), 1e-9);
            double[] gradient =
                    pulled.inputGradients().get(DifferentiableRewardModel.IMAGE).toDoubles();
            assertArrayEquals(numbers.doubles("grad.image.f64"), gradient, 1e-9);
            assertTrue(Arrays.stream(gradient).anyMatch(number -> Math.abs(number) > 1e-4));
        }
    }

    @Test
    void a_folder_that_lacks_a_weight_is_refused() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            for (Path file : files.toList()) {
                Files.copy(file, scratch.resolve(file.getFileName()));
            }
        }
        Path config = scratch.resolve("config.json");
        Files.writeString(
                config, Files.readString(config).replaceFirst("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"));
        PlumblineException e = assertThrows(PlumblineException.class, () -> reward(scratch));
        assertEquals(StandardError.MALFORMED_FILE, e.code());
        assertTrue(e.getMessage().contains("text_model.encoder.layers.2"), e.getMessage());
    }

    /** Grey pictures that are higher than wide and larger than the network's. */
    @Nested
    class Contract extends RewardContract {
        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected RewardModel reward() {
            return ClipScoreTest.reward(FOLDER);
        }

        @Override
        protected long[] imageShape() {
            return new long[] {1, 12, 10};
        }

        @Override
        protected List<String> prompts() {
            return List.of("a cat and a dog", "the red dog");
        }

        @Override
        protected boolean looksAtPrompts() {
            return true;
        }

        @Override
        protected Optional<long[]> impossibleShape() {
            return Optional.of(new long[] {2, 8, 8});
        }
    }
}
