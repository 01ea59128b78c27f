package org.plumbline.kernel.pretrain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.plumbline.kernel.chain.Guidance;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.sample.Generator;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.Sampler;

/** Measures samples of a trained model by rewards: mean and standard error over images. */
final class Evaluation {
    /** One number. */
    record Result(String name, String reward, Map<String, Object> settings, int samples, double mean, double error) {
        String line() {
            return String.format(
                    Locale.ROOT,
                    "%s: %s %s = %.4f (standard error %.4f, %d samples)",
                    name,
                    reward,
                    settings,
                    mean,
                    error,
                    samples);
        }

        String json() {
            StringBuilder text = new StringBuilder("{\"name\":\"").append(name);
            text.append("\",\"reward\":\"").append(reward).append("\",\"settings\":\"");
            text.append(settings.toString().replace("\"", "'"));
            return text.append(String.format(
                            Locale.ROOT,
                            "\",\"samples\":%d,\"mean\":%.6g,\"standard-error\":%.6g}",
                            samples,
                            mean,
                            error))
                    .toString();
        }
    }

    private static final int ROWS = 100;

    private final ComputeBackend backend;
    private final Sampler sampler;
    private final PretrainFile.Denoiser settings;
    private final Function<PluginUse, Lease<RewardModel>> rewards;

    Evaluation(
            ComputeBackend backend,
            Sampler sampler,
            PretrainFile.Denoiser settings,
            Function<PluginUse, Lease<RewardModel>> rewards) {
        this.backend = backend;
        this.sampler = sampler;
        this.settings = settings;
        this.rewards = rewards;
    }

    List<Result> run(DiffusionModel model, List<Measurement> measurements, Progress progress, Interruption stop) {
        List<Result> results = new ArrayList<>();
        try (Progress.Task task = progress.begin("evaluation", measurements.size(), "measurements")) {
            for (int i = 0; i < measurements.size(); i++) {
                results.addAll(measure(model, measurements.get(i), stop));
                task.advance(i + 1);
            }
        }
        return results;
    }

    private List<Result> measure(DiffusionModel model, Measurement measurement, Interruption stop) {
        List<Lease<RewardModel>> leases = new ArrayList<>();
        try (Generator generator = new Generator(
                backend,
                sampler,
                model,
                settings.steps(),
                Guidance.of(settings.guidance()),
                ROWS,
                measurement.prompts())) {
            measurement.rewards().forEach(choice -> leases.add(rewards.apply(choice)));
            double[][] scores = new double[leases.size()][measurement.samples()];
            for (int from = 0; from < measurement.samples(); from += ROWS) {
                stop.check();
                List<String> prompts = new ArrayList<>(ROWS);
                for (int row = 0; row < ROWS; row++) {
                    prompts.add(measurement.prompt(from + row));
                }
                ImageBatch images =
                        generator.images(prompts, NoiseSource.keyed(0, "pretrain.samples", 1 + from / ROWS));
                int wanted = Math.min(ROWS, measurement.samples() - from);
                for (int r = 0; r < scores.length; r++) {
                    double[] block = generator.score(leases.get(r).get(), images, prompts);
                    System.arraycopy(block, 0, scores[r], from, wanted);
                }
            }
            List<Result> results = new ArrayList<>();
            for (int r = 0; r < scores.length; r++) {
                results.add(result(measurement, measurement.rewards().get(r), scores[r]));
            }
            return results;
        } finally {
            leases.forEach(Lease::close);
        }
    }

    private static Result result(Measurement measurement, PluginUse reward, double[] scores) {
        double mean = Arrays.stream(scores).average().orElseThrow();
        double squares = Arrays.stream(scores)
                .map(score -> (score - mean) * (score - mean))
                .sum();
        double error = Math.sqrt(squares / (scores.length - 1) / scores.length);
        return new Result(measurement.name(), reward.id(), reward.settings(), scores.length, mean, error);
    }
}
