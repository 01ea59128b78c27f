package org.plumbline.kernel.study;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.record.Score;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Samples the study's fixed prompts from fixed noise and scores the images by the trained and by the held-out rewards. A
 * run that trains the initial noise is evaluated on that noise.
 */
final class Evaluator {
    private final StudySettings settings;

    Evaluator(StudySettings settings) {
        this.settings = settings;
    }

    /**
     * The result of an evaluation.
     *
     * @param reward the trained reward, the weighted sum if there are several
     * @param heldOut by label; also the single rewards of a sum
     * @param diversity root mean squared distance of images of one prompt, NaN if there is one of each
     * @param images all, those of one prompt one after the other
     * @param prompts the prompt of each image
     */
    record Result(
            Score reward, Map<String, Score> heldOut, double diversity, ImageBatch images, List<String> prompts) {}

    Result evaluate(Assembly assembly, double[] theta) {
        List<String> prompts = prompts();
        List<ImageBatch> parts = new ArrayList<>();
        int chunk = settings.batch();
        for (int from = 0; from < prompts.size(); from += chunk) {
            List<String> some = prompts.subList(from, Math.min(prompts.size(), from + chunk));
            NoiseSource noise = NoiseSource.keyed(settings.evaluation().seed(), "evaluation", from / chunk);
            parts.add(assembly.workbench().images(assembly.program(), new Batch(some, noise), theta));
        }
        ImageBatch images = ImageBatch.concat(parts);
        Map<String, Score> heldOut = new TreeMap<>();
        double[] total = new double[prompts.size()];
        for (Map.Entry<PluginUse, Lease<RewardModel>> term : assembly.rewards().entrySet()) {
            double[] values = assembly.workbench().score(term.getValue().get(), images, prompts);
            Vectors.addTo(total, Uses.weight(term.getKey()), values);
            if (assembly.rewards().size() > 1) {
                heldOut.put(Uses.label(term.getKey()), score(values));
            }
        }
        for (Map.Entry<String, Lease<RewardModel>> watched : assembly.heldOut().entrySet()) {
            RewardModel reward = watched.getValue().get();
            heldOut.put(watched.getKey(), score(assembly.workbench().score(reward, images, prompts)));
        }
        return new Result(score(total), heldOut, diversity(images, prompts), images, prompts);
    }

    private List<String> prompts() {
        if (settings.target().toTarget() instanceof TrainableTarget.InitialNoise) {
            return Batches.prompts(settings, 0);
        }
        List<String> each = settings.evaluation().prompts().isEmpty()
                ? settings.prompts()
                : settings.evaluation().prompts();
        return each.stream()
                .flatMap(prompt -> Collections.nCopies(settings.evaluation().imagesPerPrompt(), prompt).stream())
                .toList();
    }

    private static Score score(double[] rewards) {
        return new Score(Samples.mean(rewards), Samples.deviation(rewards) / Math.sqrt(rewards.length));
    }

    private static double diversity(ImageBatch images, List<String> prompts) {
        int size = images.pixels().length / images.rows();
        double squares = 0;
        long count = 0;
        for (int a = 0; a < images.rows(); a++) {
            for (int b = a + 1; b < images.rows() && prompts.get(b).equals(prompts.get(a)); b++) {
                for (int i = 0; i < size; i++) {
                    double difference = images.pixels()[a * size + i] - images.pixels()[b * size + i];
                    squares += difference * difference;
                }
                count += size;
            }
        }
        return count == 0 ? Double.NaN : Math.sqrt(squares / count);
    }
}
