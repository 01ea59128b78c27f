package org.plumbline.kernel.sample;

import java.util.List;
import java.util.function.IntConsumer;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Guidance;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
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

    /**
     * Compiles a model. The backend and the model stay the caller's.
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
        this.model = model;
        this.program = sampler.program(
                new Sampler.Request(model.schedule(), model.prediction(), steps, model.samplerSettings()));
        // A chain always trains something; the initial noise is what needs no weights.
        ChainParts parts = new ChainParts(model, new TrainableTarget.InitialNoise(), 1, new NoReward(), prompts, rows)
                .with(guidance);
        this.workbench = Workbench.open(backend, parts);
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
        int size = 1;
        for (long length : model.latentShape()) {
            size = Math.toIntExact(size * length);
        }
        double[] start = new double[prompts.size() * size];
        for (int row = 0; row < prompts.size(); row++) {
            System.arraycopy(noise.initial(row, size), 0, start, row * size, size);
        }
        return workbench.images(program, new Batch(prompts, noise), start, beforeCall);
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
