package org.plumbline.plugins.model.diffusers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.testkit.model.ModelLoaderContract;

class DiffusersContractTest {
    private static final TrainableTarget.Weights ALL = new TrainableTarget.Full(List.of());

    @Nested
    class TextToImage extends Contract {
        @Override
        Path plan(Path folder) throws IOException {
            return TinyModel.textToImage(folder);
        }

        @Override
        protected List<TrainableTarget.Weights> targets() {
            return List.of(
                    ALL,
                    new TrainableTarget.Full(List.of("mid_block")),
                    new TrainableTarget.Lora(2, 4, List.of("to_q", "to_k", "to_v", "to_out.0")));
        }

        @Override
        protected Map<Path, StandardError> refused(Path empty) throws IOException {
            Path withoutWeights = TinyModel.textToImage(empty.resolve("plan"));
            Path broken = made(empty.resolve("broken"));
            Files.writeString(broken.resolve("unet/config.json"), "{");
            Path cut = made(empty.resolve("cut"));
            Files.write(cut.resolve("unet/diffusion_pytorch_model.safetensors"), new byte[] {1, 2, 3});
            Path wider = made(empty.resolve("wider"));
            Files.writeString(wider.resolve("unet/config.json"), TinyModel.UNET.replace("[8, 16]", "[8, 24]"));
            return Map.of(
                    empty.resolve("nothing-here"),
                    StandardError.MISSING_FILE,
                    withoutWeights,
                    StandardError.MISSING_FILE,
                    broken,
                    StandardError.MALFORMED_FILE,
                    cut,
                    StandardError.MALFORMED_FILE,
                    wider,
                    StandardError.WRONG_SHAPE);
        }
    }

    @Nested
    class TextToVideo extends Contract {
        @Override
        Path plan(Path folder) throws IOException {
            return TinyModel.textToVideo(folder);
        }

        @Override
        protected List<TrainableTarget.Weights> targets() {
            return List.of(
                    new TrainableTarget.Full(List.of("temp_convs")),
                    new TrainableTarget.Lora(2, 4, List.of("to_q", "to_k", "to_v", "to_out.0")));
        }

        @Override
        protected Map<Path, StandardError> refused(Path empty) throws IOException {
            Path timeless = made(empty.resolve("timeless"));
            Files.writeString(
                    timeless.resolve("unet/config.json"), TinyModel.VIDEO_UNET.replace("\"sample_frames\": 3,", ""));
            return Map.of(timeless, StandardError.MALFORMED_FILE);
        }
    }

    @Nested
    class Unconditional extends Contract {
        @Override
        Path plan(Path folder) throws IOException {
            return TinyModel.unconditional(folder);
        }

        @Override
        protected List<TrainableTarget.Weights> targets() {
            return List.of(ALL, new TrainableTarget.Lora(1, 1, List.of("to_q", "to_v")));
        }
    }

    abstract static class Contract extends ModelLoaderContract {
        /** Writes configurations without weights. */
        abstract Path plan(Path folder) throws IOException;

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected ModelLoader loader() {
            return new DiffusersLoader();
        }

        @Override
        protected Path model(Path empty) throws IOException {
            return made(empty);
        }

        Path made(Path target) throws IOException {
            Path plan = plan(target.resolveSibling(target.getFileName() + "-plan"));
            try (UntrainedModel untrained = new DiffusersLoader().untrained(plan)) {
                return untrained.save(untrained.initial(7), target);
            }
        }
    }
}
