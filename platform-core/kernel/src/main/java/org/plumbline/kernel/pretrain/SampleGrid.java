package org.plumbline.kernel.pretrain;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
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
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.file.AtomicFile;
import org.plumbline.toolkit.image.ImageGrid;

/** Draws samples of a model in the making as one picture, always from the same noise. */
final class SampleGrid {
    private final ComputeBackend backend;
    private final Sampler sampler;
    private final PretrainFile.Denoiser settings;

    SampleGrid(ComputeBackend backend, Sampler sampler, PretrainFile.Denoiser settings) {
        this.backend = backend;
        this.sampler = sampler;
        this.settings = settings;
    }

    /** Samples and writes a PNG file. */
    void write(DiffusionModel model, Path file) {
        List<String> prompts = new ArrayList<>();
        for (String prompt : settings.gridPrompts()) {
            for (int i = 0; i < settings.gridColumns(); i++) {
                prompts.add(prompt);
            }
        }
        SamplerProgram program = sampler.program(new Sampler.Request(
                model.schedule(), model.prediction(), settings.gridSteps(), model.samplerSettings()));
        // The chain wants to know what is trained; here that is nothing, and the noise is at hand without weights.
        ChainParts parts = new ChainParts(
                model,
                new TrainableTarget.InitialNoise(),
                settings.guidance(),
                new NoReward(),
                settings.gridPrompts(),
                prompts.size());
        try (Workbench workbench = Workbench.open(backend, parts)) {
            Batch batch = new Batch(prompts, NoiseSource.keyed(0, "pretrain.grid", 0));
            ImageBatch images = workbench.images(program, batch, workbench.initialParameters(0));
            byte[] png = ImageGrid.of(images, settings.gridColumns())
                    .scaled(3)
                    .labelled(settings.gridPrompts())
                    .png();
            AtomicFile.write(file, channel -> {
                ByteBuffer bytes = ByteBuffer.wrap(png);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            });
        }
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
