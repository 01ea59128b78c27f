package org.plumbline.kernel.pretrain;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.data.CaptionedDataset.Split;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.toolkit.classifier.ConvolutionalClassifier;
import org.plumbline.toolkit.file.AtomicFile;
import org.plumbline.toolkit.onnx.OnnxModel;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/**
 * Carries out a {@link PretrainFile}: trains, keeps checkpoints in {@code <output>/training}, and writes the result to
 * the output folder: a complete model in its loader's layout, or {@code model.safetensors} and {@code model.onnx} of a
 * classifier. The averaged weights are the ones that are kept. Thread-safe.
 */
public final class Pretrain {
    private final PluginCatalog catalog;
    private final Function<String, Path> resolver;

    /**
     * @param catalog where plugins come from
     * @param resolver finds a file or folder that the user named, or throws {@link StandardError#MISSING_FILE}
     */
    public Pretrain(PluginCatalog catalog, Function<String, Path> resolver) {
        this.catalog = catalog;
        this.resolver = resolver;
    }

    /**
     * Trains to the end, going on from a checkpoint if there is one.
     *
     * @return the folder of the result
     * @throws PlumblineException for what the file asks and cannot be had, before the first update;
     *     {@link StandardError#INTERRUPTED} if it was asked to stop, after a checkpoint
     */
    public Path run(PretrainFile file, Progress progress, Interruption interruption) {
        Path base = Objects.requireNonNullElse(file.path().toAbsolutePath().getParent(), Path.of(""));
        Path output = Path.of(file.root().output()).toAbsolutePath();
        try (Lease<CaptionedDataset> dataset = lease(CaptionedDataset.class, file, "dataset", base);
                Lease<ComputeBackend> backend = lease(ComputeBackend.class, file, "backend", base)) {
            if (!backend.get().capabilities().contains(Capability.VJP)) {
                throw PlumblineException.of(StandardError.INCOMPATIBLE)
                        .asked("backend '" + file.plugin("backend").id() + "' cannot compute gradients")
                        .remedy("choose a backend with the capability VJP; plumbline plugins lists them")
                        .build();
            }
            progress.say("on " + backend.get().description());
            if (file.root().kind() == PretrainFile.Kind.CLASSIFIER) {
                PretrainFile.Classifier settings =
                        Objects.requireNonNull(file.root().classifier());
                trainClassifier(settings, dataset.get(), backend.get(), output, progress, interruption);
            } else {
                PretrainFile.Denoiser settings =
                        Objects.requireNonNull(file.root().denoiser());
                try (Lease<ModelLoader> loader = lease(ModelLoader.class, file, "loader", base);
                        Lease<Sampler> sampler = lease(Sampler.class, file, "sampler", base)) {
                    Path configurations = resolver.apply(settings.model());
                    UntrainedModel model = loader.get().untrained(configurations);
                    Supplier<double[]> start = start(settings, model, configurations);
                    SampleGrid grid = new SampleGrid(backend.get(), sampler.get(), settings);
                    double[] weights = trainDenoiser(
                            settings, model, start, grid, dataset.get(), backend.get(), output, progress, interruption);
                    Evaluation evaluation = new Evaluation(
                            backend.get(),
                            sampler.get(),
                            settings,
                            choice -> catalog.lease(RewardModel.class, choice.id(), choice.settings(), base));
                    evaluate(evaluation, file, model, weights, output, progress, interruption);
                }
            }
        }
        return output;
    }

    private Supplier<double[]> start(PretrainFile.Denoiser settings, UntrainedModel model, Path configurations) {
        if (settings.start() == PretrainFile.Start.STORED) {
            return () -> model.load(configurations);
        }
        long seed = settings.training().seed();
        String inherited = settings.inherit();
        if (inherited == null) {
            return () -> model.initial(seed);
        }
        Path related = resolver.apply(inherited);
        return () -> model.initial(seed, related);
    }

    private void evaluate(
            Evaluation evaluation,
            PretrainFile file,
            UntrainedModel model,
            double[] weights,
            Path output,
            Progress progress,
            Interruption interruption) {
        if (file.evaluation().isEmpty()) {
            return;
        }
        try (DiffusionModel trained = model.trained(weights)) {
            List<Evaluation.Result> results = evaluation.run(trained, file.evaluation(), progress, interruption);
            results.forEach(result -> progress.say(result.line()));
            AtomicFile.write(
                    output.resolve("training").resolve("evaluation.jsonl"),
                    results.stream().map(Evaluation.Result::json).collect(Collectors.joining("\n", "", "\n")));
        }
    }

    /** Trains and saves; returns the weights that were saved. */
    private double[] trainDenoiser(
            PretrainFile.Denoiser settings,
            UntrainedModel model,
            Supplier<double[]> start,
            SampleGrid grid,
            CaptionedDataset dataset,
            ComputeBackend backend,
            Path output,
            Progress progress,
            Interruption interruption) {
        requireSameShape(model.latentShape(), dataset.imageShape());
        progress.say(model.name() + ": " + model.layout().size() + " weights, " + dataset.size(Split.GENERATOR)
                + " images of " + Arrays.toString(dataset.imageShape()));
        Path folder = output.resolve("training");
        DenoisingObjective objective =
                new DenoisingObjective(model, dataset, settings.training(), settings.conditionDropout(), start);
        String recipe = String.format(
                Locale.ROOT,
                "denoiser of %d %s weights, %s prediction, condition dropout %s",
                model.layout().size(),
                settings.start() == PretrainFile.Start.STORED
                        ? "stored"
                        : settings.inherit() == null ? "random" : "inherited",
                model.prediction(),
                settings.conditionDropout());
        Training training = new Training(settings.training(), objective, recipe, folder);
        int every = settings.gridPrompts().isEmpty() ? 0 : settings.gridEvery();
        Training.Observer observer = now -> {
            if (every > 0 && (now.last() || now.iteration() % every == 0)) {
                try (DiffusionModel trained = model.trained(now.average().get())) {
                    grid.write(
                            trained, folder.resolve(String.format(Locale.ROOT, "samples-%06d.png", now.iteration())));
                }
            }
        };
        Checkpoint end = training.run(backend, observer, progress, interruption);
        model.save(end.average(), output);
        progress.say("wrote the model to " + output);
        return end.average();
    }

    private void trainClassifier(
            PretrainFile.Classifier settings,
            CaptionedDataset dataset,
            ComputeBackend backend,
            Path output,
            Progress progress,
            Interruption interruption) {
        long[] shape = dataset.imageShape();
        if (shape[1] != shape[2]) {
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("a classifier for images of " + Arrays.toString(shape))
                    .available("square images")
                    .build();
        }
        ConvolutionalClassifier classifier = new ConvolutionalClassifier(
                (int) shape[0], (int) shape[1], settings.width(), settings.hidden(), dataset.classes());
        ClassifierObjective objective = new ClassifierObjective(
                classifier, dataset, settings.training(), settings.distortion(), settings.labelSmoothing());
        String recipe = String.format(
                Locale.ROOT,
                "%s, %s, label smoothing %s",
                classifier,
                settings.distortion(),
                settings.labelSmoothing());
        progress.say("classifier: " + classifier.layout().size() + " weights, " + dataset.size(Split.CLASSIFIER)
                + " images of " + Arrays.toString(shape));
        Training training = new Training(settings.training(), objective, recipe, output.resolve("training"));
        Checkpoint end = training.run(backend, now -> {}, progress, interruption);
        ClassifierAccuracy accuracy = ClassifierAccuracy.of(classifier, end.average(), dataset, Split.TEST, backend);
        String found = String.format(
                Locale.ROOT,
                "%d of %d test images recognised, %.2f %% (standard error %.2f)",
                accuracy.correct(),
                accuracy.images(),
                100 * accuracy.share(),
                100 * accuracy.standardError());
        writeClassifier(classifier, end.average(), found, output);
        progress.say(found);
        progress.say("wrote the classifier to " + output);
    }

    private static void writeClassifier(ConvolutionalClassifier classifier, double[] theta, String found, Path output) {
        SafetensorsWriter file =
                SafetensorsWriter.create().metadata("format", "pt").metadata("test", found);
        Map<String, WeightSource.Weight> weights = new HashMap<>();
        for (ParameterLayout.Entry entry : classifier.layout().entries()) {
            file.addRounded(entry.name(), theta, entry.offset(), entry.shape());
            double[] values = Arrays.copyOfRange(theta, entry.offset(), entry.offset() + entry.size());
            weights.put(entry.name(), new WeightSource.Weight(values, entry.shape()));
        }
        file.write(output.resolve("model.safetensors"));
        OnnxModel.write(output.resolve("model.onnx"), classifier.graph(), WeightSource.of(weights));
    }

    private <T> Lease<T> lease(Class<T> role, PretrainFile file, String key, Path base) {
        PluginUse choice = file.plugin(key);
        return catalog.lease(role, choice.id(), choice.settings(), base);
    }

    private static void requireSameShape(long[] latent, long[] image) {
        if (!Arrays.equals(latent, image)) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("the model denoises " + Arrays.toString(latent) + ", the dataset has images of "
                            + Arrays.toString(image))
                    .remedy("change the model's configuration, or choose another dataset")
                    .build();
        }
    }
}
