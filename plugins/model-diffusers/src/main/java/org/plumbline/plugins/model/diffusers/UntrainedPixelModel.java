package org.plumbline.plugins.model.diffusers;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.plumbline.plugins.model.diffusers.network.ClipTextModel;
import org.plumbline.plugins.model.diffusers.network.DenoiserNetwork;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.plugins.model.diffusers.network.TextToImageGraph;
import org.plumbline.plugins.model.diffusers.network.UNetGraph;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.Tokenizer;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.toolkit.file.AtomicFile;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;
import org.plumbline.toolkit.tokenizer.ClipTokenizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model folder whose weights are still to be found. In theta, names start with the folder of their network. */
final class UntrainedPixelModel implements UntrainedModel {
    private static final String UNET = ModelFolder.UNET + ".";
    private static final String TEXT_ENCODER = ModelFolder.TEXT_ENCODER + ".";
    private static final Logger LOG = LoggerFactory.getLogger(UntrainedPixelModel.class);
    private static final String ENDING = ".safetensors";

    private final ModelFolder folder;
    private final Optional<ClipTokenizer> tokenizer;
    private final GraphDefinition graph;
    private final List<WeightSpec> weights = new ArrayList<>();
    private final ParameterLayout layout;

    UntrainedPixelModel(ModelFolder folder) {
        this.folder = folder;
        this.tokenizer = folder.openTokenizer();
        Scope unetScope = Scope.root(UNET);
        DenoiserNetwork unet = folder.unet().build(unetScope);
        weights.addAll(unetScope.weights());
        if (tokenizer.isPresent()) {
            Scope textScope = Scope.root(TEXT_ENCODER);
            ClipTextModel text = new ClipTextModel(textScope, folder.text().orElseThrow());
            weights.addAll(textScope.weights());
            this.graph = new TextToImageGraph(
                    folder.name(), text, unet, tokenizer.get().length());
        } else {
            this.graph = new UNetGraph(folder.name(), unet, 0);
        }
        this.layout = VectorWeights.layout(weights);
    }

    @Override
    public String name() {
        return folder.name();
    }

    @Override
    public long[] latentShape() {
        return folder.unet().sampleShape();
    }

    @Override
    public NoiseSchedule schedule() {
        return folder.scheduler().schedule();
    }

    @Override
    public PredictionType prediction() {
        return folder.scheduler().prediction();
    }

    @Override
    public Optional<Tokenizer> tokenizer() {
        return tokenizer.map(present -> present);
    }

    @Override
    public GraphDefinition graph() {
        return graph;
    }

    @Override
    public ParameterLayout layout() {
        return layout;
    }

    @Override
    public double[] initial(long seed) {
        return VectorWeights.draw(weights, seed);
    }

    @Override
    public double[] initial(long seed, Path related) {
        double[] theta = initial(seed);
        int taken = inherit(UNET, related.resolve(ModelFolder.UNET), ModelFolder.UNET_WEIGHTS, theta);
        if (tokenizer.isPresent()) {
            Path text = related.resolve(ModelFolder.TEXT_ENCODER);
            taken += inherit(TEXT_ENCODER, text, ModelFolder.TEXT_ENCODER_WEIGHTS, theta);
        }
        LOG.info("{}: {} of {} weights begin as those of {}", name(), taken, theta.length, related);
        return theta;
    }

    /** Takes over what fits and returns how many numbers that was. */
    private int inherit(String prefix, Path part, String base, double[] theta) {
        int taken = 0;
        try (SafetensorsFile file = SafetensorsFile.open(part.resolve(base + ENDING))) {
            for (ParameterLayout.Entry entry : layout.entries()) {
                String name = entry.name().startsWith(prefix) ? entry.name().substring(prefix.length()) : "";
                if (!file.names().contains(name)) {
                    continue;
                }
                double[] values = file.doubles(name);
                if (values.length == entry.size() || isShorterTable(file.shape(name), entry.shape())) {
                    System.arraycopy(values, 0, theta, entry.offset(), values.length);
                    taken += values.length;
                }
            }
        }
        return taken;
    }

    private static boolean isShorterTable(long[] found, long[] wanted) {
        return found.length == 2 && wanted.length == 2 && found[1] == wanted[1] && found[0] < wanted[0];
    }

    @Override
    public DiffusionModel trained(double[] theta) {
        double[] copy = theta.clone();
        WeightSource unet = new VectorWeights(UNET, layout, copy);
        WeightSource text = new VectorWeights(TEXT_ENCODER, layout, copy);
        return new PixelModel(folder, unet, tokenizer, text, List.of());
    }

    @Override
    public double[] load(Path path) {
        double[] theta = new double[layout.size()];
        read(UNET, path.resolve(ModelFolder.UNET), ModelFolder.UNET_WEIGHTS, theta);
        if (tokenizer.isPresent()) {
            read(TEXT_ENCODER, path.resolve(ModelFolder.TEXT_ENCODER), ModelFolder.TEXT_ENCODER_WEIGHTS, theta);
        }
        return theta;
    }

    private void read(String prefix, Path part, String base, double[] theta) {
        List<WeightSpec> wanted = new ArrayList<>();
        for (WeightSpec weight : weights) {
            if (weight.name().startsWith(prefix)) {
                wanted.add(new WeightSpec(weight.name().substring(prefix.length()), weight.start(), weight.shape()));
            }
        }
        try (StoredWeights stored = StoredWeights.open(part, base, wanted)) {
            VectorWeights.read(layout, prefix, stored, theta);
        }
    }

    @Override
    public Path save(double[] theta, Path target) {
        VectorWeights.checkSize(layout, theta);
        Path absolute = target.toAbsolutePath();
        Path parent = absolute.getParent();
        if (parent == null || Files.exists(absolute)) {
            writeInto(absolute, theta);
            return target;
        }
        Path temporary = parent.resolve("." + absolute.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            try {
                writeInto(temporary, theta);
                Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                deleteIfThere(temporary);
            }
        } catch (IOException e) {
            throw PlumblineException.of(StandardError.UNWRITABLE_OUTPUT)
                    .asked("the model folder '" + target + "' cannot be written: " + e)
                    .remedy("name a folder that you may write to, on a disk with free space")
                    .cause(e)
                    .build();
        }
        return target;
    }

    /** Weights first and the index last: without its index a folder is no model. */
    private void writeInto(Path target, double[] theta) {
        writeWeights(UNET, theta, target.resolve(ModelFolder.UNET).resolve(ModelFolder.UNET_WEIGHTS + ENDING));
        if (tokenizer.isPresent()) {
            Path text = target.resolve(ModelFolder.TEXT_ENCODER).resolve(ModelFolder.TEXT_ENCODER_WEIGHTS + ENDING);
            writeWeights(TEXT_ENCODER, theta, text);
        }
        for (Map.Entry<String, byte[]> file : folder.files().entrySet()) {
            if (!file.getKey().equals(ModelFolder.INDEX)) {
                AtomicFile.write(target.resolve(file.getKey()), ByteBuffer.wrap(file.getValue()));
            }
        }
        AtomicFile.write(
                target.resolve(ModelFolder.INDEX),
                ByteBuffer.wrap(folder.files().get(ModelFolder.INDEX)));
    }

    private void writeWeights(String prefix, double[] theta, Path path) {
        SafetensorsWriter writer = SafetensorsWriter.create().metadata("format", "pt");
        for (ParameterLayout.Entry entry : layout.entries()) {
            if (entry.name().startsWith(prefix)) {
                writer.addRounded(entry.name().substring(prefix.length()), theta, entry.offset(), entry.shape());
            }
        }
        writer.write(path);
    }

    private static void deleteIfThere(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
