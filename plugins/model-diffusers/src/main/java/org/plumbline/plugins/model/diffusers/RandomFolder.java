package org.plumbline.plugins.model.diffusers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.file.AtomicFolder;
import org.plumbline.toolkit.safetensors.DataType;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/** Writes a complete model folder whose weights are drawn as before training, tensor by tensor, in any size. */
final class RandomFolder {
    private static final String CONFIG = "config.json";

    private final Path configurations;
    private final DataType type;
    private final long seed;

    RandomFolder(Path configurations, DataType type, long seed) {
        this.configurations = configurations;
        this.type = type;
        this.seed = seed;
    }

    /** A part whose weights are drawn. */
    private record Drawn(String part, String base, List<WeightSpec> weights) {}

    void write(Path target) {
        ConfigFile index = ConfigFile.read(configurations.resolve(ModelFolder.INDEX));
        List<Drawn> parts = new ArrayList<>();
        for (String part : index.keys()) {
            Path config = configurations.resolve(part).resolve(CONFIG);
            if (!part.startsWith("_")
                    && index.isList(part)
                    && !index.isListOfNulls(part)
                    && !ModelFolder.IGNORED.contains(part)
                    && Files.isRegularFile(config)) {
                List<String> entry = index.texts(part, List.of());
                PartNetwork network = PartNetwork.of(entry.get(entry.size() - 1), ConfigFile.read(config))
                        .orElseThrow(() -> PlumblineException.of(StandardError.UNSUPPORTED)
                                .asked(part + " " + entry + " of '" + configurations
                                        + "' is no network that is known here")
                                .build());
                boolean text = entry.get(0).equals("transformers");
                parts.add(new Drawn(
                        part, text ? ModelFolder.TEXT_ENCODER_WEIGHTS : ModelFolder.UNET_WEIGHTS, network.weights()));
            }
        }
        AtomicFolder.write(target, into -> {
            copy(into);
            for (Drawn part : parts) {
                SafetensorsWriter writer = SafetensorsWriter.create().metadata("format", "pt");
                for (WeightSpec weight : part.weights) {
                    writer.add(weight.name(), type, () -> VectorWeights.draw(List.of(weight), seed), weight.shape());
                }
                writer.write(into.resolve(part.part).resolve(part.base + ".safetensors"));
            }
        });
    }

    /** Everything but weights. */
    private void copy(Path into) throws IOException {
        try (Stream<Path> all = Files.walk(configurations)) {
            for (Path source : all.sorted().toList()) {
                Path place = into.resolve(configurations.relativize(source).toString());
                if (Files.isDirectory(source)) {
                    Files.createDirectories(place);
                } else if (WeightFiles.ENDINGS.stream().noneMatch(source.toString()::endsWith)) {
                    Files.copy(source, place);
                }
            }
        }
    }
}
