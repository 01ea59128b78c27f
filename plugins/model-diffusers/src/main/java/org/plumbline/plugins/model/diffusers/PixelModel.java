package org.plumbline.plugins.model.diffusers;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.plumbline.plugins.model.diffusers.network.ClipTextGraph;
import org.plumbline.plugins.model.diffusers.network.ClipTextModel;
import org.plumbline.plugins.model.diffusers.network.DenoiserConfig;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.plugins.model.diffusers.network.UNetGraph;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ImageDecoder;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.toolkit.tokenizer.ClipTokenizer;

/** A model whose latents are pixels. */
final class PixelModel implements DiffusionModel {
    private final ModelFolder folder;
    private final Denoiser denoiser;
    private final GraphDefinition graph;
    private final Optional<PromptEncoder> promptEncoder;
    private final List<? extends AutoCloseable> resources;

    /**
     * The denoiser with its weights.
     *
     * @param config its sizes
     * @param conditionLength number of tokens; 0 if there is no condition
     * @param weights of the network without adapters
     */
    record Denoiser(DenoiserConfig config, int conditionLength, WeightSource weights) {
        /** The network in a scope, which may hold adapters. */
        UNetGraph graph(Scope scope) {
            return new UNetGraph("unet", config.build(scope), conditionLength);
        }
    }

    /**
     * Puts the parts together.
     *
     * @param tokenizer present if and only if the folder has a text network
     * @param textWeights of the text network; unused if there is none
     * @param resources what {@link #close} closes
     */
    PixelModel(
            ModelFolder folder,
            WeightSource unetWeights,
            Optional<ClipTokenizer> tokenizer,
            WeightSource textWeights,
            List<? extends AutoCloseable> resources) {
        this.folder = folder;
        this.denoiser =
                new Denoiser(folder.unet(), tokenizer.map(ClipTokenizer::length).orElse(0), unetWeights);
        this.graph = denoiser.graph(Scope.root());
        this.promptEncoder = tokenizer.map(present -> {
            ClipTextModel text = new ClipTextModel(Scope.root(), folder.text().orElseThrow());
            return new ClipPromptEncoder(
                    present, new ClipTextGraph("text encoder", text, present.length()), textWeights);
        });
        this.resources = List.copyOf(resources);
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
        return new PixelDecoder(latentShape());
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
