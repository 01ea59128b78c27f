package org.plumbline.plugins.model.diffusers.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.tokenizer.ClipTokenizer;

/** Token ids against transformers. */
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
}
