package org.plumbline.kernel.pretrain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.data.CaptionedDataset.Split;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.Tokenizer;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.toolkit.noise.NoiseStream;

/**
 * The denoising loss, E |target - net(alpha x0 + sigma eps, n, caption)|^2 / size, with the model's own schedule and
 * prediction. The training steps n of a batch are stratified, n_r = floor(N (r + U) / B) with one U per batch, which
 * takes most of the variance that comes from the noise level out of the gradient. A caption is replaced by the empty one
 * with a fixed probability, so that the model can be guided.
 */
final class DenoisingObjective implements Objective {
    private static final String TARGET = "target";

    private final UntrainedModel model;
    private final @Nullable Tokenizer tokenizer;
    private final CaptionedDataset dataset;
    private final TrainingSettings settings;
    private final double dropout;
    private final Supplier<double[]> start;
    private final Presentation presentation;
    private final GraphDefinition loss;
    private final Map<String, long[]> tokens = new HashMap<>();

    DenoisingObjective(
            UntrainedModel model,
            CaptionedDataset dataset,
            TrainingSettings settings,
            double dropout,
            Supplier<double[]> start) {
        this.model = model;
        this.start = start;
        this.tokenizer = model.tokenizer().orElse(null);
        this.dataset = dataset;
        this.settings = settings;
        this.dropout = dropout;
        this.presentation = new Presentation(
                Split.GENERATOR, dataset.size(Split.GENERATOR), settings.batch(), settings.seed(), "pretrain");
        this.loss = new SquaredError(model.graph(), model.latentShape());
    }

    @Override
    public GraphDefinition loss() {
        return loss;
    }

    @Override
    public ParameterLayout layout() {
        return model.layout();
    }

    @Override
    public double[] initial() {
        return start.get();
    }

    @Override
    public Map<String, double[]> batch(long iteration) {
        int rows = settings.batch();
        NoiseSchedule schedule = model.schedule();
        double offset =
                NoiseStream.of(settings.seed(), "pretrain.time", iteration).nextDouble();
        int size = pixels();
        double[] sample = new double[rows * size];
        double[] target = new double[rows * size];
        double[] steps = new double[rows];
        List<long[]> ids = new ArrayList<>(rows);
        for (int row = 0; row < rows; row++) {
            NoiseStream random = NoiseStream.of(settings.seed(), "pretrain.example", iteration, row, 0);
            CaptionedDataset.Example example =
                    dataset.example(presentation.split(), presentation.index(iteration, row), random);
            String caption = random.nextDouble() < dropout ? "" : example.caption();
            int step = (int)
                    Math.min(schedule.trainSteps() - 1.0, Math.floor(schedule.trainSteps() * (row + offset) / rows));
            double alpha = Math.sqrt(schedule.alphaBar(step));
            double sigma = schedule.sigmaOfAlpha(alpha);
            for (int i = 0; i < size; i++) {
                double x0 = example.pixels()[i];
                double eps = random.nextGaussian();
                sample[row * size + i] = alpha * x0 + sigma * eps;
                target[row * size + i] = target(model.prediction(), x0, eps, alpha, sigma);
            }
            steps[row] = schedule.labelOfStep(step);
            if (tokenizer != null) {
                ids.add(tokens.computeIfAbsent(caption, tokenizer::tokenize));
            }
        }
        Map<String, double[]> batch = new HashMap<>();
        batch.put(DenoiserInput.SAMPLE.key(), sample);
        batch.put(DenoiserInput.TIMESTEP.key(), steps);
        batch.put(TARGET, target);
        if (tokenizer != null) {
            batch.put(Tokenizer.TOKENS, flat(ids));
        }
        return batch;
    }

    private int pixels() {
        long size = 1;
        for (long length : model.latentShape()) {
            size *= length;
        }
        return Math.toIntExact(size);
    }

    private static double[] flat(List<long[]> ids) {
        int length = ids.get(0).length;
        double[] flat = new double[ids.size() * length];
        for (int row = 0; row < ids.size(); row++) {
            for (int i = 0; i < length; i++) {
                flat[row * length + i] = (double) ids.get(row)[i];
            }
        }
        return flat;
    }

    private static double target(PredictionType prediction, double x0, double eps, double alpha, double sigma) {
        return switch (prediction) {
            case EPSILON -> eps;
            case SAMPLE -> x0;
            case V_PREDICTION -> alpha * eps - sigma * x0;
            case FLOW -> eps - x0;
        };
    }

    /** The inputs of a network and a target of its output's shape, to the mean squared error of each row. */
    private record SquaredError(GraphDefinition network, long... latentShape) implements GraphDefinition {
        @Override
        public String name() {
            return network.name() + "-denoising-loss";
        }

        @Override
        public List<TensorSpec> inputs() {
            long[] shape = new long[latentShape.length + 1];
            shape[0] = TensorSpec.BATCH;
            System.arraycopy(latentShape, 0, shape, 1, latentShape.length);
            List<TensorSpec> inputs = new ArrayList<>(network.inputs());
            inputs.add(new TensorSpec(TARGET, shape));
            return inputs;
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T target = Objects.requireNonNull(inputs.get(TARGET), TARGET);
            T error = ops.sub(network.build(ops, inputs), target);
            int[] axes = new int[latentShape.length];
            for (int i = 0; i < axes.length; i++) {
                axes[i] = i + 1;
            }
            return ops.mean(ops.mul(error, error), false, axes);
        }
    }
}
