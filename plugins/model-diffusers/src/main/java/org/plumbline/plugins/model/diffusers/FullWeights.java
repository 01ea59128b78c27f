package org.plumbline.plugins.model.diffusers;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.plumbline.plugins.model.diffusers.network.DenoiserGraph;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.toolkit.file.AtomicFile;
import org.plumbline.toolkit.safetensors.DataType;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/** Weights of the denoiser themselves as theta; saved as a complete folder of the denoiser. */
final class FullWeights implements TrainableWeights {
    /** The first part of a weight's name, with the number that follows it. */
    private static final Pattern STAGE = Pattern.compile("^([^.]+(?:\\.\\d+)?)\\..*$");

    private static final String FILE = ModelFolder.UNET_WEIGHTS + ".safetensors";

    private final String part;
    private final DenoiserGraph graph;
    private final List<WeightSpec> all;
    private final ParameterLayout layout;
    private final WeightSource pretrained;
    private final byte[] config;

    private FullWeights(
            String part,
            DenoiserGraph graph,
            List<WeightSpec> all,
            ParameterLayout layout,
            WeightSource pretrained,
            byte[] config) {
        this.part = part;
        this.graph = graph;
        this.all = all;
        this.layout = layout;
        this.pretrained = pretrained;
        this.config = config;
    }

    static FullWeights of(FolderModel.Denoiser denoiser, TrainableTarget.Full target, Map<String, byte[]> files) {
        Scope scope = Scope.root();
        DenoiserGraph graph = denoiser.graph(scope);
        for (String part : target.modules()) {
            if (scope.weights().stream().noneMatch(weight -> weight.name().contains(part))) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("no weight of the denoiser has '" + part + "' in its name")
                        .available("weights of "
                                + scope.weights().stream()
                                        .map(weight ->
                                                STAGE.matcher(weight.name()).replaceFirst("$1"))
                                        .distinct()
                                        .collect(Collectors.joining(", "))
                                + ", or parts of their names, such as attn")
                        .build();
            }
        }
        List<WeightSpec> chosen = scope.weights().stream()
                .filter(WeightSpec::trained)
                .filter(weight ->
                        target.modules().isEmpty() || target.modules().stream().anyMatch(weight.name()::contains))
                .toList();
        return new FullWeights(
                denoiser.part(),
                graph,
                scope.weights(),
                VectorWeights.layout(chosen),
                denoiser.weights(),
                Objects.requireNonNull(files.get(denoiser.part() + "/config.json")));
    }

    @Override
    public ParameterLayout layout() {
        return layout;
    }

    @Override
    public double[] initial(long seed) {
        double[] theta = new double[layout.size()];
        VectorWeights.read(layout, "", pretrained, theta);
        return theta;
    }

    @Override
    public GraphDefinition denoiser() {
        return graph;
    }

    @Override
    public Path save(double[] theta, Path folder) {
        VectorWeights.checkSize(layout, theta);
        SafetensorsWriter writer = SafetensorsWriter.create().metadata("format", "pt");
        for (WeightSpec weight : all) {
            if (layout.contains(weight.name())) {
                writer.addRounded(
                        weight.name(), theta, layout.entry(weight.name()).offset(), weight.shape());
            } else {
                writer.add(weight.name(), DataType.F32, () -> pretrained.doubles(weight.name()), weight.shape());
            }
        }
        Path network = folder.resolve(part);
        AtomicFile.write(network.resolve("config.json"), ByteBuffer.wrap(config));
        writer.write(network.resolve(FILE));
        return network;
    }

    @Override
    public double[] load(Path path) {
        Path folder = Files.isDirectory(path)
                ? path
                : Objects.requireNonNull(path.toAbsolutePath().getParent());
        try (StoredWeights stored = StoredWeights.open(folder, ModelFolder.UNET_WEIGHTS, all)) {
            double[] theta = new double[layout.size()];
            VectorWeights.read(layout, "", stored, theta);
            return theta;
        }
    }
}
