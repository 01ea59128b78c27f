package org.plumbline.it.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/**
 * A model folder as diffusers writes it, made of a golden folder's unet and scheduler, with the weights of the last
 * convolution halved.
 */
final class GoldenModel {
    private static final String INDEX = """
            {"_class_name": "DDPMPipeline",
             "scheduler": ["diffusers", "DDIMScheduler"], "unet": ["diffusers", "UNet2DModel"]}
            """;

    private static final String WEIGHTS = "unet/diffusion_pytorch_model.safetensors";
    private static final String LAST_CONVOLUTION = "conv_out.";

    private GoldenModel() {}

    static Path folder(Path golden, Path scratch) {
        try (Stream<Path> files = Files.walk(golden)) {
            Path folder = Files.createTempDirectory(scratch, "model");
            for (Path file : files.toList()) {
                Path copy = folder.resolve(golden.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else if (file.equals(golden.resolve(WEIGHTS))) {
                    halve(file, copy);
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

    private static void halve(Path file, Path copy) {
        SafetensorsWriter halved = SafetensorsWriter.create();
        try (SafetensorsFile weights = SafetensorsFile.open(file)) {
            for (String name : weights.names()) {
                float[] values = weights.floats(name);
                for (int i = 0; name.startsWith(LAST_CONVOLUTION) && i < values.length; i++) {
                    values[i] /= 2;
                }
                halved.add(name, values, weights.shape(name));
            }
        }
        halved.write(copy);
    }
}
