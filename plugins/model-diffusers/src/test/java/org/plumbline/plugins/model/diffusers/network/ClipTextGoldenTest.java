package org.plumbline.plugins.model.diffusers.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.Tokenizer;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.tokenizer.ClipTokenizer;

/** Token ids and the text network's output against transformers. */
class ClipTextGoldenTest {
    private static final String PREFIX = "text_encoder_";

    static List<Path> encoders() throws IOException {
        try (Stream<Path> folders = Files.list(GoldenCases.root().resolve("clip"))) {
            return folders.filter(folder -> folder.getFileName().toString().startsWith(PREFIX))
                    .sorted()
                    .toList();
        }
    }

    private static String kind(Path encoder) {
        return encoder.getFileName().toString().substring(PREFIX.length());
    }

    @ParameterizedTest
    @MethodSource("encoders")
    void texts_become_the_tokens_of_transformers(Path encoder) {
        JsonNode texts = GoldenCases.json(encoder.resolveSibling("forward_" + kind(encoder) + ".json"))
                .get("texts");
        ClipTokenizer tokenizer = ClipTokenizer.read(encoder.resolveSibling("tokenizer"), 77);
        try (SafetensorsFile expected =
                SafetensorsFile.open(encoder.resolveSibling("forward_" + kind(encoder) + ".safetensors"))) {
            double[] ids = expected.doubles("in.input_ids");
            assertEquals(texts.size(), expected.shape("in.input_ids")[0]);
            for (int i = 0; i < texts.size(); i++) {
                long[] wanted = Arrays.stream(ids, i * 77, (i + 1) * 77)
                        .mapToLong(id -> (long) id)
                        .toArray();
                assertArrayEquals(
                        wanted,
                        tokenizer.tokenize(texts.get(i).asText()),
                        texts.get(i).asText());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("encoders")
    void the_last_hidden_state_is_that_of_transformers(Path encoder) {
        compare(encoder, new ReferenceBackend(), 1e-12);
    }

    @ParameterizedTest
    @MethodSource("encoders")
    void libtorch_agrees_in_float32(Path encoder) {
        compare(encoder, Torch.backend(), 1e-5);
    }

    private static void compare(Path encoder, ComputeBackend backend, double tolerance) {
        ClipTextConfig config = ClipTextConfig.read(ConfigFile.read(encoder.resolve("config.json")));
        Scope scope = Scope.root();
        ClipTextModel model = new ClipTextModel(scope, config);
        try (SafetensorsFile expected =
                        SafetensorsFile.open(encoder.resolveSibling("forward_" + kind(encoder) + ".safetensors"));
                SafetensorsFile weights = SafetensorsFile.open(encoder.resolve("model.safetensors"));
                BackendSession session = backend.open();
                TensorArena arena = session.arena()) {
            Set<String> names = scope.weights().stream().map(WeightSpec::name).collect(Collectors.toSet());
            assertEquals(weights.names(), names);
            long[] shape = expected.shape("in.input_ids");
            Network network =
                    session.compile(new ClipTextGraph("clip", model, (int) shape[1]), weights, ParameterLayout.empty());
            double[] output = network.forward(
                            arena,
                            null,
                            Map.of(Tokenizer.TOKENS, arena.tensor(expected.doubles("in.input_ids"), shape)))
                    .toDoubles();
            double[] wanted = expected.doubles("out.last_hidden_state.f64");
            int kept = (int) expected.shape("out.last_hidden_state.f64")[1];
            int width = config.width();
            double worst = 0;
            for (int row = 0; row < shape[0]; row++) {
                for (int position = 0; position < kept; position++) { // positions 0, 7, 14 ... are stored
                    for (int i = 0; i < width; i++) {
                        double actual = output[((int) (row * shape[1]) + 7 * position) * width + i];
                        worst = Math.max(worst, Math.abs(actual - wanted[(row * kept + position) * width + i]));
                    }
                }
            }
            assertTrue(worst < tolerance, "differs by " + worst);
        }
    }
}
