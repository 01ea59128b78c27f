package org.plumbline.kernel.pretrain;

import java.util.List;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
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

/** Samples from a model that is not being fine-tuned. Confined to one thread; the opener closes it. */
final class Sampling implements AutoCloseable {
    private final Workbench workbench;
    private final SamplerProgram program;

    /**
     * @param rows how many images are sampled at a time
     * @param prompts all prompts that will be asked for
     */
    Sampling(
            ComputeBackend backend,
            Sampler sampler,
            DiffusionModel model,
            int steps,
            double guidance,
            int rows,
            List<String> prompts) {
        program = sampler.program(
                new Sampler.Request(model.schedule(), model.prediction(), steps, model.samplerSettings()));
        // A chain always trains something; the initial noise is what needs no weights.
        ChainParts parts =
                new ChainParts(model, new TrainableTarget.InitialNoise(), guidance, new NoReward(), prompts, rows);
        workbench = Workbench.open(backend, parts);
    }

    /**
     * Samples images, one per prompt.
     *
     * @param block the same number gives the same noise
     */
    ImageBatch images(List<String> prompts, long block) {
        Batch batch = new Batch(prompts, NoiseSource.keyed(0, "pretrain.samples", block));
        return workbench.images(program, batch, workbench.initialParameters(block));
    }

    /** Scores images. */
    double[] score(RewardModel reward, ImageBatch images, List<String> prompts) {
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
