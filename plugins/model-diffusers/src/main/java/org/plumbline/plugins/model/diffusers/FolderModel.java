package org.plumbline.plugins.model.diffusers;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.plumbline.plugins.model.diffusers.network.DenoiserConfig;
import org.plumbline.plugins.model.diffusers.network.DenoiserGraph;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ImageDecoder;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.spi.sampler.NoiseSchedule;

/** A model with its weights. */
final class FolderModel implements DiffusionModel {
    private final ModelFolder folder;
    private final Denoiser denoiser;
    private final GraphDefinition graph;
    private final Optional<PromptEncoder> promptEncoder;
    private final ImageDecoder imageDecoder;
    private final List<? extends AutoCloseable> resources;

    /**
     * The denoiser with its weights.
     *
     * @param part its folder
     * @param config its sizes
     * @param tokens number of tokens; 0 if there is no text
     * @param weights of the network without adapters
     */
    record Denoiser(String part, DenoiserConfig config, int tokens, WeightSource weights) {
        /** The network in a scope, which may hold adapters. */
        DenoiserGraph graph(Scope scope) {
            return new DenoiserGraph(part, config.build(scope), tokens);
        }
    }

    /**
     * Puts the parts together.
     *
     * @param prompting present if and only if the denoiser takes a condition
     * @param weights of every part that has some, by its name
     * @param resources what {@link #close} closes
     */
    FolderModel(
            ModelFolder folder,
            Optional<Prompting> prompting,
            Map<String, ? extends WeightSource> weights,
            List<? extends AutoCloseable> resources) {
        this.folder = folder;
        String part = folder.denoiserPart();
        int tokens = prompting.map(Prompting::tokens).orElse(0);
        this.denoiser = new Denoiser(part, folder.denoiser(), tokens, of(weights, part));
        this.graph = denoiser.graph(Scope.root());
        Map<String, WeightSource> texts = new HashMap<>();
        for (ModelFolder.Text text : folder.texts()) {
            texts.put(text.part() + ".", of(weights, text.part()));
        }
        this.promptEncoder = prompting.map(
                present -> new JoinedPromptEncoder(present.tokenizer(), present.graph(), new JoinedWeights(texts)));
        this.imageDecoder = folder.autoencoder()
                .<ImageDecoder>map(
                        config -> new LatentDecoder(config, of(weights, ModelFolder.AUTOENCODER), latentShape()))
                .orElseGet(() -> new PixelDecoder(latentShape()));
        this.resources = List.copyOf(resources);
    }

    private static WeightSource of(Map<String, ? extends WeightSource> weights, String part) {
        return Objects.requireNonNull(weights.get(part), part);
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
    public Map<String, Object> samplerSettings() {
        return folder.scheduler().settings();
    }

    @Override
    public GraphDefinition denoiser() {
        return graph;
    }

    @Override
    public WeightSource denoiserWeights() {
        return denoiser.weights();
    }

    @Override
    public Optional<PromptEncoder> promptEncoder() {
        return promptEncoder;
    }

    @Override
    public ImageDecoder imageDecoder() {
        return imageDecoder;
    }

    @Override
    public TrainableWeights trainable(TrainableTarget.Weights target) {
        // Before Java 21 a switch does not know the cases of a sealed type.
        if (target instanceof TrainableTarget.Lora lora) {
            return LoraWeights.of(denoiser, lora);
        }
        return target instanceof TrainableTarget.StoredLora stored
                ? LoraWeights.of(denoiser, stored)
                : FullWeights.of(denoiser, (TrainableTarget.Full) target, folder.files());
    }

    @Override
    public void close() {
        for (AutoCloseable resource : resources) {
            try {
                resource.close();
            } catch (Exception e) {
                throw new IllegalStateException(name() + " cannot be closed", e);
            }
        }
    }
}
