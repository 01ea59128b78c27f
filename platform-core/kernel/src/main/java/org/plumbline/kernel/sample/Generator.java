package org.plumbline.kernel.sample;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Guidance;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.model.AdapterForm;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;

/** A model compiled for sampling alone. Confined to one thread; the opener closes it. */
public final class Generator implements AutoCloseable {
    private final DiffusionModel model;
    private final Workbench workbench;
    private final SamplerProgram program;
    private final double @Nullable [] adapters;

    /**
     * Compiles a model as it was pre-trained. The backend and the model stay the caller's.
     *
     * @param prompts those that will be asked for; others are encoded when they come
     * @param rows how many images are sampled at a time, at most
     */
    public Generator(
            ComputeBackend backend,
            Sampler sampler,
            DiffusionModel model,
            int steps,
            Guidance guidance,
            int rows,
            List<String> prompts) {
        this(backend, sampler, model, null, steps, guidance, rows, prompts);
    }

    /**
     * Compiles a model. The backend and the model stay the caller's.
     *
     * @param adapters a file of adapters that are added to the model, or its folder; null for none
     * @param prompts those that will be asked for; others are encoded when they come
     * @param rows how many images are sampled at a time, at most
     */
    public Generator(
            ComputeBackend backend,
            Sampler sampler,
            DiffusionModel model,
            @Nullable Path adapters,
            int steps,
            Guidance guidance,
            int rows,
            List<String> prompts) {
        this.model = model;
        this.program = sampler.program(
                new Sampler.Request(model.schedule(), model.prediction(), steps, model.samplerSettings()));
        // A chain always trains something; the initial noise is what needs no weights.
        TrainableTarget target = adapters == null
                ? new TrainableTarget.InitialNoise()
                : new TrainableTarget.StoredLora(
                        adapters, Optional.empty(), Optional.empty(), List.of(), AdapterForm.DIFFUSERS);
        ChainParts parts = new ChainParts(model, target, 1, new NoReward(), prompts, rows).with(guidance);
        this.workbench = Workbench.open(backend, parts);
        this.adapters = adapters == null ? null : workbench.initialParameters(0);
    }

    /** What is sampled with. */
    public SamplerProgram program() {
        return program;
    }

    /** Samples images, one per prompt, without limits on their values. */
    public ImageBatch images(List<String> prompts, NoiseSource noise) {
        return images(prompts, noise, k -> {});
    }

    /**
     * Samples images, one per prompt, without limits on their values.
     *
     * @param beforeCall hears the number of every network call before it is made; what it throws ends the sampling
     */
    public ImageBatch images(List<String> prompts, NoiseSource noise, IntConsumer beforeCall) {
        double[] parameters = adapters != null ? adapters : initial(prompts.size(), noise);
        return workbench.images(program, new Batch(prompts, noise), parameters, beforeCall);
    }

    /** The initial noise as the trained vector. */
    private double[] initial(int rows, NoiseSource noise) {
        int size = 1;
        for (long length : model.latentShape()) {
            size = Math.toIntExact(size * length);
        }
        double[] start = new double[rows * size];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(noise.initial(row, size), 0, start, row * size, size);
        }
        return start;
    }

    /** Scores images. */
    public double[] score(RewardModel reward, ImageBatch images, List<String> prompts) {
        return workbench.score(reward, images, prompts);
    }

    @Override
    public void close() {
        workbench.close();
    }

    private static final class NoReward implements BlackBoxRewardModel {
        @Override
        public String unit() {
            return "nothing";
        }

        @Override
        public double[] score(ImageBatch images, List<String> prompts) {
            return new double[images.rows()];
        }
    }
}
