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
            super(settings("auto"));
        }

        @Override
        protected boolean looksAtPrompts() {
            return true;
        }
    }

    @Nested
    class ClassOfThePromptScoreOnly extends Contract {
        ClassOfThePromptScoreOnly() {
            super(settings("none"));
        }

        @Override
        protected boolean looksAtPrompts() {
            return true;
        }
    }

    @Nested
    class OneColumnOfNormalisedImages extends Contract {
        OneColumnOfNormalisedImages() {
            super(Map.of(
                    "model",
                    "open.onnx",
                    "layout",
                    "nhwc",
                    "height",
                    9,
                    "width",
                    4,
                    "column",
                    1,
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

    private static Map<String, Object> settings(String gradient) {
        return Map.of(
                "model",
                "open.onnx",
                "layout",
                "nhwc",
                "range",
                "bytes",
                "height",
                8,
                "width",
                6,
                "classes",
                List.of("three", "five", "seven"),
                "log-softmax",
                true,
                "gradient",
                gradient);
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
