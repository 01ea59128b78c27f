package org.plumbline.plugins.dataset.digits;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.Tokenizer;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/** Something small to pre-train: 4x4 images with a bar on the left or on the right, and a network that can learn it. */
final class ToyProblem {
    private static final int SIDE = 4;
    private static final int PIXELS = SIDE * SIDE;

    private ToyProblem() {}

    /** Bars at the left or the right edge, of varying brightness. */
    static final class Bars implements CaptionedDataset {
        @Override
        public long[] imageShape() {
            return new long[] {1, SIDE, SIDE};
        }

        @Override
        public int size(Split split) {
            return split == Split.TEST ? 40 : 60;
        }

        @Override
        public int classes() {
            return 2;
        }

        @Override
        public Example example(Split split, int index, RandomGenerator random) {
            int label = index % 2;
            float[] pixels = new float[PIXELS];
            float brightness = 0.5f + 0.01f * index / 2;
            for (int p = 0; p < PIXELS; p++) {
                pixels[p] = p % SIDE == (label == 0 ? 0 : SIDE - 1) ? brightness : -1;
            }
            return new Example(pixels, label == 0 ? "left" : "right", label);
        }
    }

    /** Makes a model of one hidden layer, whatever the folder. */
    static final class Loader implements ModelLoader {
        @Override
        public DiffusionModel load(Path folder) {
            throw new UnsupportedOperationException();
        }

        @Override
        public UntrainedModel untrained(Path folder) {
            return new Perceptron();
        }
    }

    private static final class Perceptron implements UntrainedModel {
        private static final int HIDDEN = 24;
        private static final List<String> WORDS = List.of("", "left", "right");

        @Override
        public String name() {
            return "perceptron";
        }

        @Override
        public long[] latentShape() {
            return new long[] {1, SIDE, SIDE};
        }

        @Override
        public NoiseSchedule schedule() {
            return new CosineSchedule();
        }

        @Override
        public PredictionType prediction() {
            return PredictionType.SAMPLE;
        }

        @Override
        public Optional<Tokenizer> tokenizer() {
            return Optional.of(prompt -> new long[] {WORDS.indexOf(prompt)});
        }

        @Override
        public GraphDefinition graph() {
            return new Graph();
        }

        @Override
        public ParameterLayout layout() {
            return ParameterLayout.builder()
                    .add("words", WORDS.size(), HIDDEN)
                    .add("in", HIDDEN, PIXELS)
                    .add("time", HIDDEN, 1)
                    .add("out", PIXELS, HIDDEN)
                    .add("bias", PIXELS)
                    .build();
        }

        @Override
        public double[] initial(long seed) {
            double[] theta = NoiseStream.of(seed, "toy.initial", 0).gaussians(layout().size());
            for (int i = 0; i < theta.length; i++) {
                theta[i] *= 0.2;
            }
            return theta;
        }

        @Override
        public DiffusionModel trained(double[] theta) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Path save(double[] theta, Path folder) {
            SafetensorsWriter.create().add("theta", theta, theta.length).write(folder.resolve("toy.safetensors"));
            return folder;
        }

        @Override
        public double[] load(Path folder) {
            try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("toy.safetensors"))) {
                return file.doubles("theta");
            }
        }
    }

    private record Graph() implements GraphDefinition {
        @Override
        public String name() {
            return "perceptron";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(
                    new TensorSpec("tokens", TensorSpec.BATCH, 1),
                    new TensorSpec("sample", TensorSpec.BATCH, 1, SIDE, SIDE),
                    new TensorSpec("timestep", TensorSpec.BATCH));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> in) {
            T word = ops.embedding(ops.weight("words", Perceptron.WORDS.size(), Perceptron.HIDDEN), in.get("tokens"));
            T time = ops.reshape(ops.scale(in.get("timestep"), 0.01), TensorSpec.BATCH, 1);
            T pixels = ops.reshape(in.get("sample"), TensorSpec.BATCH, PIXELS);
            T h = ops.add(
                    ops.linear(pixels, ops.weight("in", Perceptron.HIDDEN, PIXELS), null),
                    ops.linear(time, ops.weight("time", Perceptron.HIDDEN, 1), null));
            h = ops.tanh(ops.add(h, ops.reshape(word, TensorSpec.BATCH, Perceptron.HIDDEN)));
            T out = ops.linear(h, ops.weight("out", PIXELS, Perceptron.HIDDEN), ops.weight("bias", PIXELS));
            return ops.reshape(out, TensorSpec.BATCH, 1, SIDE, SIDE);
        }
    }

    /** alpha = cos(pi t / 2), with 100 training steps. */
    private static final class CosineSchedule implements NoiseSchedule {
        @Override
        public int trainSteps() {
            return 100;
        }

        @Override
        public double alphaBar(int n) {
            return Math.exp(2 * logAlpha((n + 1) / 101.0));
        }

        @Override
        public double logAlpha(double t) {
            return Math.log(Math.cos(Math.PI * t / 2));
        }

        @Override
        public double timeOfLogAlpha(double logAlpha) {
            return 2 / Math.PI * Math.acos(Math.exp(logAlpha));
        }

        @Override
        public boolean variancePreserving() {
            return true;
        }
    }
}
