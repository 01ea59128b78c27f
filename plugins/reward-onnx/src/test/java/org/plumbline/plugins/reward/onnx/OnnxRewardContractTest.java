package org.plumbline.plugins.reward.onnx;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.testkit.reward.RewardContract;

class OnnxRewardContractTest {
    @Nested
    class ClassOfThePrompt extends Contract {
        ClassOfThePrompt() {
            super(Map.of(
                    "model",
                    "resnet-21.onnx",
                    "classes",
                    List.of("zero", "one", "two", "three", "four", "five", "six", "seven")));
        }

        @Override
        protected boolean looksAtPrompts() {
            return true;
        }
    }

    @Nested
    class ClassOfThePromptScoreOnly extends Contract {
        ClassOfThePromptScoreOnly() {
            super(Map.of(
                    "model", "resnet-21.onnx",
                    "classes", List.of("zero", "one", "two", "three", "four", "five", "six", "seven"),
                    "gradient", "none"));
        }

        @Override
        protected boolean looksAtPrompts() {
            return true;
        }
    }

    @Nested
    class OneColumnOfAVisionTransformer extends Contract {
        OneColumnOfAVisionTransformer() {
            super(Map.of(
                    "model",
                    "vision-14.onnx",
                    "column",
                    3,
                    "mean",
                    List.of(0.48, 0.46, 0.41),
                    "std",
                    List.of(0.27, 0.26, 0.28)));
        }
    }

    @Nested
    class OneNumber extends Contract {
        OneNumber() {
            super(Map.of("model", "first-vision-21.onnx", "range", "symmetric", "resize", "bilinear", "crop", false));
        }
    }

    @Nested
    class OneNumberScoreOnly extends Contract {
        OneNumberScoreOnly() {
            super(Map.of(
                    "model", "first-vision-21.onnx", "range", "symmetric", "resize", "bilinear", "gradient", "none"));
        }
    }

    abstract static class Contract extends RewardContract {
        private final Map<String, Object> settings;

        Contract(Map<String, Object> settings) {
            this.settings = settings;
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected RewardModel reward() {
            return Settings.reward(Settings.GOLDEN, settings);
        }

        /** Neither the size nor the channels of the network. */
        @Override
        protected long[] imageShape() {
            return new long[] {1, 6, 5};
        }

        @Override
        protected Optional<long[]> impossibleShape() {
            return Optional.of(new long[] {2, 6, 5});
        }
    }
}
