package org.plumbline.plugins.model.diffusers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.testkit.model.ModelLoaderContract;

/** Folders of every kind keep the contract of models. */
class KindsContractTest {
    @Nested
    class StableDiffusion1 extends Contract {
        StableDiffusion1() {
            super(TinyKind.STABLE_DIFFUSION_1);
        }
    }

    @Nested
    class StableDiffusion2 extends Contract {
        StableDiffusion2() {
            super(TinyKind.STABLE_DIFFUSION_2);
        }
    }

    @Nested
    class StableDiffusionXl extends Contract {
        StableDiffusionXl() {
            super(TinyKind.STABLE_DIFFUSION_XL);
        }
    }

    @Nested
    class Classes extends Contract {
        Classes() {
            super(TinyKind.CLASSES);
        }
    }

    @Nested
    class Dit extends Contract {
        Dit() {
            super(TinyKind.DIT);
        }
    }

    @Nested
    class StableDiffusion3 extends Contract {
        StableDiffusion3() {
            super(TinyKind.STABLE_DIFFUSION_3);
        }
    }

    abstract static class Contract extends ModelLoaderContract {
        private final TinyKind kind;

        Contract(TinyKind kind) {
            this.kind = kind;
        }

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
            return kind.write(empty);
        }

        @Override
        protected List<String> prompts() {
            return kind.ofClasses() ? List.of("", "0", "3") : super.prompts();
        }

        @Override
        protected List<TrainableTarget.Weights> targets() {
            return List.of(
                    new TrainableTarget.Full(List.of()), new TrainableTarget.Lora(2, 4, List.of("to_q", "to_out.0")));
        }
    }
}
