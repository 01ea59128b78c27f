package org.plumbline.it.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.plumbline.testkit.problem.GoldenFolder;

/**
 * Folders of expected numbers, one per case, beside the folders of the models they are about. The ones of these tests, or
 * those that {@code -Dplumbline.golden=<folder>} names: the folder of the cases or the one above it.
 */
final class EstimatorCases {
    private EstimatorCases() {}

    static Path root() {
        return GoldenFolder.cases().orElseGet(() -> resource("/golden/diffusers"));
    }

    /** The folders that have this file. */
    static List<Path> with(String file) {
        try (Stream<Path> folders = Files.list(root())) {
            return folders.filter(folder -> Files.exists(folder.resolve(file)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode json(Path file) {
        try {
            return JsonMapper.builder().build().readTree(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(EstimatorCases.class.getResource(name), name)
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
