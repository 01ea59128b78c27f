package org.plumbline.plugins.model.diffusers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.plumbline.plugins.model.diffusers.adapter.AdapterFile;
import org.plumbline.plugins.model.diffusers.network.LowRank;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.file.AtomicFolder;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/**
 * Writes a copy of a model folder in which the weights of the denoiser are W + (alpha / rank) B A. They are computed in
 * float64, tensor by tensor, and stored as the folder stores them; everything else is copied byte by byte. Other files of
 * weights of the denoiser, such as a second one in float16, are left out: they would be those of the model without adapters.
 */
final class MergedFolder {
    private final ModelFolder folder;
    private final Path adapters;

    MergedFolder(ModelFolder folder, Path adapters) {
        this.folder = folder;
        this.adapters = adapters;
    }

    void write(Path target) {
        Scope scope = Scope.root();
        folder.denoiser().build(scope);
        Path network = folder.path().resolve(folder.denoiserPart());
        try (AdapterFile file = AdapterFile.open(adapters, folder.denoiserPart(), scope.layers());
                WeightFiles weights = WeightFiles.open(network, ModelFolder.UNET_WEIGHTS)) {
            // Refuses now what is not this network's, before anything is written.
            StoredWeights.open(network, ModelFolder.UNET_WEIGHTS, scope.weights())
                    .close();
            Map<String, String> layers = new LinkedHashMap<>();
            List<String> problems = new ArrayList<>();
            file.sizes().forEach((layer, size) -> {
                String tensor = StoredWeights.storedName(
                                layer + ".weight", weights.tensors().keySet())
                        .orElseThrow();
                layers.put(tensor, layer);
                check(file, layer, Objects.requireNonNull(weights.tensors().get(tensor)), tensor, problems);
            });
            if (!problems.isEmpty()) {
                throw PlumblineException.of(StandardError.WRONG_SHAPE)
                        .asked("the adapters in '" + file.path() + "' do not fit '" + folder.path() + "':\n  "
                                + WeightFiles.lines(problems))
                        .remedy("name adapters that were trained on this kind of model")
                        .build();
            }
            AtomicFolder.write(target, into -> {
                copy(weights, into);
                for (SafetensorsFile source : weights.files()) {
                    write(
                            source,
                            file,
                            layers,
                            into.resolve(folder.denoiserPart())
                                    .resolve(source.path().getFileName()));
                }
            });
        }
    }

    private static void check(
            AdapterFile file, String layer, SafetensorsFile stored, String tensor, List<String> problems) {
        long weight = product(stored.shape(tensor));
        long[] a = file.shapeOfA(layer);
        long[] b = file.shapeOfB(layer);
        if (product(a) / a[0] * (product(b) / b[1]) != weight) {
            problems.add(layer + " has " + weight + " weights, its adapter would change "
                    + product(a) / a[0] * (product(b) / b[1]));
        }
    }

    private static long product(long... shape) {
        long product = 1;
        for (long size : shape) {
            product *= size;
        }
        return product;
    }

    private static void write(SafetensorsFile source, AdapterFile adapters, Map<String, String> layers, Path target) {
        SafetensorsWriter writer = SafetensorsWriter.create();
        source.metadata().forEach(writer::metadata);
        for (String tensor : source.names()) {
            String layer = layers.get(tensor);
            if (layer == null) {
                writer.add(source, tensor);
            } else {
                writer.add(
                        tensor,
                        source.type(tensor),
                        () -> merged(source, tensor, adapters, layer),
                        source.shape(tensor));
            }
        }
        writer.write(target);
    }

    /** Convolutions included: their weight [out, in, k, k], A [rank, in, k, k] and B [out, rank, 1, 1] are matrices too. */
    private static double[] merged(SafetensorsFile source, String tensor, AdapterFile adapters, String layer) {
        double[] w = source.doubles(tensor);
        double[] a = adapters.a(layer);
        double[] b = adapters.b(layer);
        LowRank size = Objects.requireNonNull(adapters.sizes().get(layer));
        int rank = size.rank();
        int in = a.length / rank;
        for (int row = 0; row < b.length / rank; row++) {
            for (int r = 0; r < rank; r++) {
                double factor = size.scale() * b[row * rank + r];
                for (int column = 0; column < in; column++) {
                    w[row * in + column] += factor * a[r * in + column];
                }
            }
        }
        return w;
    }

    /** Everything but the denoiser's weights; the index of its shards stays, since they keep their names and tensors. */
    private void copy(WeightFiles weights, Path into) throws IOException {
        Path network = folder.path().resolve(folder.denoiserPart());
        boolean sharded = weights.files().size() > 1;
        try (Stream<Path> all = Files.walk(folder.path())) {
            for (Path source : all.sorted().toList()) {
                Path place = into.resolve(folder.path().relativize(source).toString());
                String name = String.valueOf(source.getFileName());
                boolean index = name.endsWith(".index.json");
                if (Files.isDirectory(source)) {
                    Files.createDirectories(place);
                } else if (!network.equals(source.getParent())
                        || WeightFiles.ENDINGS.stream().noneMatch(name::endsWith)
                        || (index && sharded)) {
                    Files.copy(source, place);
                }
            }
        }
    }
}
