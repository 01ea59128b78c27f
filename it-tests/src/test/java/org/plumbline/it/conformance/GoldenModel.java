package org.plumbline.it.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A model folder as diffusers writes it, made of a golden folder's unet and scheduler. */
final class GoldenModel {
    private static final String INDEX = """
            {"_class_name": "DDPMPipeline",
             "scheduler": ["diffusers", "DDIMScheduler"], "unet": ["diffusers", "UNet2DModel"]}
            """;

    private GoldenModel() {}

    static Path folder(Path golden, Path scratch) {
        try (Stream<Path> files = Files.walk(golden)) {
            Path folder = Files.createTempDirectory(scratch, "model");
            for (Path file : files.toList()) {
                Path copy = folder.resolve(golden.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
            Files.writeString(folder.resolve("model_index.json"), INDEX);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
