package org.plumbline.plugins.reward.digits;

import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.reward.digits.DigitClassifier.Score;
import org.plumbline.plugins.reward.digits.StrokeWeight.Measure;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.plugin.PluginContext;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.testkit.reward.RewardContract;
import org.plumbline.toolkit.classifier.ConvolutionalClassifier;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

class RewardContractTest {
    @Nested
    class LogProbabilityOfThePromptsDigit extends Classifier {
        LogProbabilityOfThePromptsDigit() {
            super(null, Score.LOG_PROBABILITY);
        }

        @Override
        protected boolean looksAtPrompts() {
            return true;
        }
    }

    @Nested
    class LogProbabilityOfAFixedDigit extends Classifier {
        LogProbabilityOfAFixedDigit() {
            super(3, Score.LOG_PROBABILITY);
        }
    }

    @Nested
    class LogProbabilityOfAVideosMiddleFrame extends Classifier {
        LogProbabilityOfAVideosMiddleFrame() {
            super(3, Score.LOG_PROBABILITY);
        }

        @Override
        protected long[] imageShape() {
            return new long[] {1, 3, 8, 8};
        }

        @Override
        protected Optional<long[]> impossibleShape() {
            return Optional.of(new long[] {1, 8, 3, 8});
        }
    }

    @Nested
    class Recognised extends Classifier {
        Recognised() {
            super(3, Score.RECOGNISED);
        }

        @Override
        protected boolean smooth() {
            return false;
        }
    }

    @Nested
    class Thickness extends Stroke {
        Thickness() {
            super(Measure.THICKNESS, null);
        }
    }

    @Nested
    class ThicknessNearATarget extends Stroke {
        ThicknessNearATarget() {
            super(Measure.THICKNESS, 1.8);
        }
    }

    @Nested
    class Slant extends Stroke {
        Slant() {
            super(Measure.SLANT, null);
        }
    }

    @Nested
    class Ink extends Stroke {
        Ink() {
            super(Measure.INK, null);
        }
    }

    abstract static class Reward extends RewardContract {
        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected long[] imageShape() {
            return new long[] {1, 8, 8};
        }
    }

    abstract static class Stroke extends Reward {
        private final StrokeWeight.Configuration configuration;

        Stroke(Measure measure, @Nullable Double target) {
            configuration = new StrokeWeight.Configuration(measure, 1, target);
        }

        @Override
        protected RewardModel reward() {
            return new StrokeWeight(configuration);
        }
    }

    abstract static class Classifier extends Reward {
        @TempDir
        private Path folder;

        private final @Nullable Integer digit;
        private final Score score;

        Classifier(@Nullable Integer digit, Score score) {
            this.digit = digit;
            this.score = score;
        }

        @BeforeEach
        void writeAClassifier() {
            ConvolutionalClassifier classifier = new ConvolutionalClassifier(1, 8, 2, 5, 10);
            double[] theta = classifier.initial(new SplittableRandom(8));
            SafetensorsWriter file = SafetensorsWriter.create();
            for (ParameterLayout.Entry entry : classifier.layout().entries()) {
                file.addRounded(entry.name(), theta, entry.offset(), entry.shape());
            }
            file.write(folder.resolve("small.safetensors"));
        }

        @Override
        protected RewardModel reward() {
            return new DigitClassifier(
                    new DigitClassifier.Configuration("small.safetensors", digit, score), new PluginContext() {
                        @Override
                        public String id() {
                            return "digit-classifier";
                        }

                        @Override
                        public Path resolve(String name) {
                            return folder.resolve(name);
                        }
                    });
        }

        @Override
        protected Optional<long[]> impossibleShape() {
            return Optional.of(new long[] {1, 16, 16});
        }
    }
}
