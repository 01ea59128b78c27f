package org.plumbline.kernel.study;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.optimise.AdamW;
import org.plumbline.kernel.optimise.GradientClipping;
import org.plumbline.kernel.optimise.LearningRateSchedule;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.Places;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Parameters at which gradients are measured. At the base model half of the gradient of LoRA is zero, as one of its two
 * factors is; so estimators are to be compared at parameters that were trained a little, too.
 *
 * @param name what they are called in records
 * @param theta the parameters
 */
record GradientPoint(String name, double[] theta) {
    /** The points a study asks for, in order. */
    static List<GradientSettings.Point> of(StudySettings settings) {
        GradientSettings gradients = settings.gradients();
        if (gradients.points().isEmpty()) {
            return List.of(new GradientSettings.Point(
                    null, null, null, null, gradients.seed(), null, gradients.displacement()));
        }
        if (gradients.displacement() > 0) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("gradients.displacement: " + gradients.displacement() + " beside gradients.points")
                    .remedy("give each of the points the displacement it is to have")
                    .build();
        }
        Set<String> names = new HashSet<>();
        for (GradientSettings.Point point : gradients.points()) {
            check(settings, point);
            if (!names.add(name(settings, point))) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("two entries of gradients.points are called '" + name(settings, point) + "'")
                        .remedy("give each a 'name' of its own")
                        .build();
            }
        }
        return gradients.points();
    }

    /** Those of a study's points that have these names. */
    static List<GradientSettings.Point> named(StudySettings settings, List<String> names) {
        List<GradientSettings.Point> all = of(settings);
        List<GradientSettings.Point> chosen = new ArrayList<>();
        for (String name : names) {
            chosen.add(all.stream()
                    .filter(point -> name(settings, point).equals(name))
                    .findFirst()
                    .orElseThrow(() -> PlumblineException.of(StandardError.BAD_VALUE)
                            .asked("gradients at '" + name + "'")
                            .available(all.stream()
                                    .map(point -> "'" + name(settings, point) + "'")
                                    .collect(Collectors.joining(", ")))
                            .build()));
        }
        return settings.gradients().points().isEmpty() ? settings.gradients().points() : List.copyOf(chosen);
    }

    private static void check(StudySettings settings, GradientSettings.Point point) {
        if (point.after() != null && point.weights() != null) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("a point of gradients.points with both 'after' and 'weights'")
                    .remedy("make updates, or read weights")
                    .build();
        }
        trainer(settings, point);
    }

    /** What a point is called. */
    static String name(StudySettings settings, GradientSettings.Point point) {
        String given = point.name();
        if (given != null) {
            return given;
        }
        Integer after = point.after();
        String name = point.weights() != null
                ? "weights " + point.weights()
                : after != null
                        ? "after " + after + (after == 1 ? " update" : " updates") + " of " + trainer(settings, point)
                        : "base model";
        return point.displacement() > 0 ? name + ", moved by " + point.displacement() : name;
    }

    /** What a point is called in records: with the name of the study. */
    static String title(StudySettings settings, GradientSettings.Point point) {
        return settings.name() + ": " + name(settings, point);
    }

    private static String trainer(StudySettings settings, GradientSettings.Point point) {
        List<String> labels =
                Uses.estimators(settings).stream().map(Uses::label).toList();
        String named = point.estimator();
        if (named == null) {
            return labels.get(0);
        }
        if (!labels.contains(named)) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("a point of gradients.points trained with '" + named + "'")
                    .available(String.join(", ", labels))
                    .build();
        }
        return named;
    }

    /** Makes or reads the parameters of a point. */
    static GradientPoint at(Bench bench, List<Trial> trials, GradientSettings.Point point) {
        StudySettings settings = bench.file().settings();
        String weights = point.weights();
        Integer after = point.after();
        double[] theta;
        if (weights != null) {
            theta = read(bench, weights);
        } else if (after != null) {
            String label = trainer(settings, point);
            Trial trial = trials.stream()
                    .filter(one -> one.label().equals(label))
                    .findFirst()
                    .orElseThrow();
            theta = trained(bench, trial, point, after);
        } else {
            theta = bench.assembly().workbench().initialParameters(point.seed());
        }
        return new GradientPoint(
                title(settings, point),
                moved(theta, point.displacement(), settings.gradients().seed()));
    }

    /** The first point's, which need no training and no file: what costs are measured at. */
    static double[] base(StudySettings settings, Workbench workbench) {
        GradientSettings gradients = settings.gradients();
        return moved(workbench.initialParameters(gradients.seed()), gradients.displacement(), gradients.seed());
    }

    private static double[] moved(double[] theta, double displacement, long seed) {
        if (displacement == 0) {
            return theta;
        }
        double[] direction =
                NoiseStream.of(seed, "gradient-quality.displacement", 0).gaussians(theta.length);
        double size = Vectors.norm(theta);
        double[] moved = theta.clone();
        Vectors.addTo(moved, displacement * (size == 0 ? 1 : size) / Vectors.norm(direction), direction);
        return moved;
    }

    private static double[] read(Bench bench, String name) {
        Workbench workbench = bench.assembly().workbench();
        @Nullable TrainableWeights weights = workbench.weights();
        if (weights == null) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("gradients at the weights '" + name + "' of a study that trains no weights")
                    .remedy("use a point with 'after', which works for every target")
                    .build();
        }
        Path file = new Places(List.of(
                        bench.file().base(), Path.of(""), bench.context().home()))
                .resolve(name);
        return weights.load(file);
    }

    /** The parameters of a trial of the study after some updates: same start, samples and optimiser, same seed. */
    private static double[] trained(Bench bench, Trial trial, GradientSettings.Point point, int updates) {
        StudySettings settings = bench.file().settings();
        StudySettings.Optimiser optimiser = settings.optimiser();
        Workbench workbench = bench.assembly().workbench();
        double[] theta = workbench.initialParameters(point.seed());
        Double own = point.learningRate();
        LearningRateSchedule rate = new LearningRateSchedule(
                own == null ? trial.learningRate() : own, optimiser.warmUp(), optimiser.warmUp() + 1, 1);
        Double limit = optimiser.gradientClip();
        GradientClipping clipping = new GradientClipping(limit == null ? Double.POSITIVE_INFINITY : limit);
        AdamW adam = new AdamW(
                new AdamW.Settings(optimiser.beta1(), optimiser.beta2(), optimiser.epsilon(), optimiser.weightDecay()),
                new AdamW.State(0, new double[theta.length], new double[theta.length]));
        try (Lease<GradientEstimator> estimator = bench.estimator(trial.use())) {
            int perRollout = estimator.get().updatesPerRollout();
            for (int update = 0; update < updates; ) {
                long number = update / perRollout;
                SamplerProgram program = estimator
                        .get()
                        .program(workbench.profile(bench.assembly().program()), number);
                try (Rollout rollout =
                        workbench.rollout(program, Batches.of(settings, point.seed(), "training", number), theta)) {
                    for (int inner = 0; inner < perRollout && update < updates; inner++, update++) {
                        bench.context().interruption().check();
                        try (SamplingChain chain = workbench.chain(rollout, theta, point.seed(), update)) {
                            double[] gradient =
                                    estimator.get().estimate(chain).gradient().clone();
                            clipping.clip(gradient);
                            adam.ascend(theta, gradient, rate.rate(update));
                        }
                    }
                }
            }
        }
        return theta;
    }
}
