package org.plumbline.plugins.model.diffusers;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.plumbline.plugins.model.diffusers.network.DenoiserGraph;
import org.plumbline.plugins.model.diffusers.network.DenoiserNetwork;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.plugins.model.diffusers.network.TextToImageGraph;
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
import org.plumbline.toolkit.file.AtomicFolder;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model folder whose weights are still to be found. In theta, names start with the folder of their network. */
final class UntrainedFolderModel implements UntrainedModel {
    private static final Logger LOG = LoggerFactory.getLogger(UntrainedFolderModel.class);
    private static final String ENDING = ".safetensors";

    private final ModelFolder folder;
    private final List<ModelFolder.Component> components;
    private final Optional<Prompting> prompting;
    private final GraphDefinition graph;
    private final List<WeightSpec> weights = new ArrayList<>();
    private final ParameterLayout layout;

    UntrainedFolderModel(ModelFolder folder) {
        if (folder.autoencoder().isPresent()) {
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("pre-training of '" + folder.path() + "', whose latents come from a vae")
                    .available("pre-training of models whose latents are pixels")
                    .build();
        }
        this.folder = folder;
        this.components = folder.components();
        this.prompting = Prompting.of(folder);
        for (ModelFolder.Component component : components) {
            for (WeightSpec weight : component.weights()) {
                weights.add(weight.named(prefix(component) + weight.name()));
            }
        }
        DenoiserNetwork denoiser = folder.denoiser().build(Scope.root(folder.denoiserPart() + "."));
        this.graph = prompting
                .<GraphDefinition>map(
                        present -> new TextToImageGraph(folder.name(), present.graph(), denoiser, present.tokens()))
                .orElseGet(() -> new DenoiserGraph(folder.name(), denoiser, 0));
        this.layout = VectorWeights.layout(weights);
    }

    private static String prefix(ModelFolder.Component component) {
        return component.part() + ".";
    }

    @Override
    public String name() {
        return folder.name();
    }

    @Override
    public long[] latentShape() {
        return folder.denoiser().sampleShape();
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
        return prompting.map(Prompting::tokenizer);
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
        int taken = 0;
        for (ModelFolder.Component component : components) {
            taken += inherit(component, related.resolve(component.part()), theta);
        }
        LOG.info("{}: {} of {} weights begin as those of {}", name(), taken, theta.length, related);
        return theta;
    }

    /** Takes over what fits and returns how many numbers that was. */
    private int inherit(ModelFolder.Component component, Path part, double[] theta) {
        int taken = 0;
        try (WeightFiles files = WeightFiles.open(part, component.base())) {
            for (WeightSpec weight : component.weights()) {
                SafetensorsFile file = files.tensors().get(weight.name());
                if (file == null) {
                    continue;
                }
                ParameterLayout.Entry entry = layout.entry(prefix(component) + weight.name());
                double[] values = file.doubles(weight.name());
                if (values.length == entry.size() || isShorterTable(file.shape(weight.name()), entry.shape())) {
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
        Map<String, WeightSource> parts = new HashMap<>();
        for (ModelFolder.Component component : components) {
            parts.put(component.part(), new VectorWeights(prefix(component), layout, copy));
        }
        return new FolderModel(folder, prompting, parts, List.of());
    }

    @Override
    public double[] load(Path path) {
        double[] theta = new double[layout.size()];
        for (ModelFolder.Component component : components) {
            Path part = path.resolve(component.part());
            try (StoredWeights stored = StoredWeights.open(part, component.base(), component.weights())) {
                VectorWeights.read(layout, prefix(component), stored, theta);
            }
        }
        return theta;
    }

    @Override
    public Path save(double[] theta, Path target) {
        VectorWeights.checkSize(layout, theta);
        if (Files.exists(target)) {
            writeInto(target, theta);
        } else {
            AtomicFolder.write(target, folder -> writeInto(folder, theta));
        }
        return target;
    }

    /** Weights first and the index last: without its index a folder is no model. */
    private void writeInto(Path target, double[] theta) {
        for (ModelFolder.Component component : components) {
            Path file = target.resolve(component.part()).resolve(component.base() + ENDING);
            writeWeights(prefix(component), theta, file);
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
}
