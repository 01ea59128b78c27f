package org.plumbline.toolkit.problem;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ImageDecoder;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;
import org.plumbline.toolkit.sampler.ModelSettings;

/**
 * A closed-form denoiser as a model: its latents are its images, [batch, d, 1, 1]. Prompts, where it takes a condition,
 * are looked up in a table; every other prompt, the empty one too, has the condition zero. Trained weights are kept as a
 * safetensors file in float64. Immutable.
 */
public final class ClosedFormModel implements DiffusionModel {
    private final ClosedFormDenoiser denoiser;
    private final NoiseSchedule schedule;
    private final Optional<PromptEncoder> prompts;
    private final Map<String, Object> samplerSettings;

    private ClosedFormModel(
            ClosedFormDenoiser denoiser,
            NoiseSchedule schedule,
            Optional<PromptEncoder> prompts,
            Map<String, Object> samplerSettings) {
        this.denoiser = denoiser;
        this.schedule = schedule;
        this.prompts = prompts;
        this.samplerSettings = samplerSettings;
    }

    /** A model without prompts. */
    public static ClosedFormModel of(ClosedFormDenoiser denoiser, NoiseSchedule schedule) {
        return new ClosedFormModel(denoiser, schedule, Optional.empty(), Map.of());
    }

    /**
     * A model with prompts.
     *
     * @param prompts the known prompts
     * @param conditions one per prompt, all of the length that the denoiser's condition has
     */
    public static ClosedFormModel of(
            ClosedFormDenoiser denoiser, NoiseSchedule schedule, List<String> prompts, double[]... conditions) {
        return new ClosedFormModel(denoiser, schedule, Optional.of(new PromptTable(prompts, conditions)), Map.of());
    }

    /** The same model, which names the class of its own sampler. */
    public ClosedFormModel withSampler(String className) {
        return new ClosedFormModel(denoiser, schedule, prompts, Map.of(ModelSettings.CLASS, className));
    }

    @Override
    public String name() {
        return denoiser.name();
    }

    @Override
    public long[] latentShape() {
        return new long[] {denoiser.dimensions(), 1, 1};
    }

    @Override
    public NoiseSchedule schedule() {
        return schedule;
    }

    @Override
    public PredictionType prediction() {
        return denoiser.prediction();
    }

    @Override
    public Map<String, Object> samplerSettings() {
        return samplerSettings;
    }

    @Override
    public GraphDefinition denoiser() {
        return denoiser;
    }

    @Override
    public WeightSource denoiserWeights() {
        return denoiser.source();
    }

    @Override
    public Optional<PromptEncoder> promptEncoder() {
        return prompts;
    }

    @Override
    public ImageDecoder imageDecoder() {
        return new LatentsAsImages(denoiser.dimensions());
    }

    @Override
    public TrainableWeights trainable(TrainableTarget.Weights target) {
        ParameterLayout.Builder selected = ParameterLayout.builder();
        if (target instanceof TrainableTarget.Full full) {
            for (ParameterLayout.Entry entry : denoiser.layout().entries()) {
                if (full.modules().isEmpty() || full.modules().stream().anyMatch(entry.name()::contains)) {
                    selected.add(entry.name(), entry.shape());
                }
            }
        }
        ParameterLayout layout = selected.build();
        if (layout.size() == 0) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("the target " + target + " selects no weight of '" + name() + "'")
                    .available("full weights " + denoiser.layout().entries())
                    .build();
        }
        return new Selected(denoiser, layout);
    }

    /** A selection of full weights. */
    private record Selected(ClosedFormDenoiser denoiser, ParameterLayout layout) implements TrainableWeights {
        @Override
        public double[] initial(long seed) {
            double[] theta = new double[layout.size()];
            Map<String, WeightSource.Weight> weights = denoiser.weights();
            for (ParameterLayout.Entry entry : layout.entries()) {
                double[] values =
                        Objects.requireNonNull(weights.get(entry.name())).values();
                System.arraycopy(values, 0, theta, entry.offset(), values.length);
            }
            return theta;
        }

        @Override
        public Path save(double[] theta, Path folder) {
            SafetensorsWriter writer = SafetensorsWriter.create();
            for (ParameterLayout.Entry entry : layout.entries()) {
                double[] values = Arrays.copyOfRange(theta, entry.offset(), entry.offset() + entry.size());
                writer.add(entry.name(), values, entry.shape());
            }
            Path file = folder.resolve("weights.safetensors");
            writer.write(file);
            return file;
        }

        @Override
        public double[] load(Path file) {
            double[] theta = new double[layout.size()];
            try (SafetensorsFile weights = SafetensorsFile.open(file)) {
                for (ParameterLayout.Entry entry : layout.entries()) {
                    double[] values = weights.doubles(entry.name());
                    if (values.length != entry.size()) {
                        throw PlumblineException.of(StandardError.WRONG_SHAPE)
                                .asked(file + " holds " + values.length + " numbers for " + entry)
                                .build();
                    }
                    System.arraycopy(values, 0, theta, entry.offset(), values.length);
                }
            }
            return theta;
        }
    }

    private record LatentsAsImages(int dimensions) implements ImageDecoder, GraphDefinition {
        @Override
        public long[] imageShape() {
            return new long[] {dimensions, 1, 1};
        }

        @Override
        public GraphDefinition graph() {
            return this;
        }

        @Override
        public WeightSource weights() {
            return WeightSource.none();
        }

        @Override
        public String name() {
            return "latents-as-images";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(new TensorSpec(LATENT, TensorSpec.BATCH, dimensions, 1, 1));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            return ops.reshape(Objects.requireNonNull(inputs.get(LATENT)), -1, dimensions, 1, 1);
        }
    }
}
