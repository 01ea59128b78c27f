package org.plumbline.kernel.pretrain;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.plumbline.kernel.chain.Guidance;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.sample.Generator;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.toolkit.file.AtomicFile;
import org.plumbline.toolkit.image.ImageGrid;

/** Draws samples of a model in the making as one picture, always from the same noise. */
final class SampleGrid {
    private static final int PIXEL = 3;

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
        List<String> prompts = settings.gridPrompts().stream()
                .flatMap(prompt -> Collections.nCopies(settings.gridColumns(), prompt).stream())
                .toList();
        try (Generator generator = new Generator(
                backend,
                sampler,
                model,
                settings.steps(),
                Guidance.of(settings.guidance()),
                prompts.size(),
                settings.gridPrompts())) {
            ImageBatch images = generator.images(prompts, NoiseSource.keyed(0, "pretrain.samples", 0));
            byte[] png = ImageGrid.of(images, settings.gridColumns())
                    .scaled(PIXEL)
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
}
