package org.plumbline.plugins.model.diffusers.network;

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
 * Folders of expected numbers, made by diffusers and PyTorch with random weights. The ones beside these tests, or those in
 * the folder that {@code -Dplumbline.golden=<folder>} names: the folder of the cases or the one above it.
 */
public final class GoldenCases {
    private GoldenCases() {}

    /** The folder that holds a folder per case. */
    public static Path root() {
        return GoldenFolder.cases().orElseGet(() -> resource("/golden"));
    }

    public static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(GoldenCases.class.getResource(name), name)
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The cases that have this file. */
    public static List<Path> with(String file) {
        try (Stream<Path> folders = Files.list(root())) {
            return folders.filter(folder -> Files.exists(folder.resolve(file)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static JsonNode json(Path file) {
        try {
            return JsonMapper.builder().build().readTree(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
