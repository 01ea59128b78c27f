package org.plumbline.kernel.pretrain;

import java.util.Locale;
import org.plumbline.kernel.optimise.AdamW;
import org.plumbline.kernel.optimise.LearningRateSchedule;
import org.plumbline.spi.plugin.Setting;

/**
 * How a network is trained.
 *
 * @param iterations number of updates; 0 to keep the weights of the start
 * @param batch examples per update
 * @param seed decides everything random
 * @param learningRate at its peak
 * @param warmUp updates over which it rises
 * @param finalRate the last learning rate as a fraction of the peak
 * @param beta1 memory of the gradient's mean
 * @param beta2 memory of its square
 * @param epsilon of AdamW
 * @param weightDecay of AdamW
 * @param gradientNorm longer gradients are scaled to this norm
 * @param averageDecay memory of the averaged weights, which are the ones that are kept
 * @param workers sessions that share the batch
 * @param checkpointEvery updates between two checkpoints
 */
public record TrainingSettings(
        @Setting(description = "number of updates", min = 0) int iterations,

        @Setting(description = "examples per update", defaultValue = "64", min = 1)
        int batch,

        @Setting(description = "decides everything random", defaultValue = "0")
        long seed,

        @Setting(description = "learning rate at its peak", defaultValue = "1e-3", min = 0)
        double learningRate,

        @Setting(description = "updates over which the learning rate rises", defaultValue = "100", min = 0)
        int warmUp,

        @Setting(description = "last learning rate as a fraction of the peak", defaultValue = "0.01", min = 0, max = 1)
        double finalRate,

        @Setting(description = "memory of the gradient's mean", defaultValue = "0.9", min = 0, max = 1)
        double beta1,

        @Setting(description = "memory of the gradient's square", defaultValue = "0.999", min = 0, max = 1)
        double beta2,

        @Setting(description = "added to the root of the mean square gradient", defaultValue = "1e-8", min = 0)
        double epsilon,

        @Setting(description = "weight decay per unit of learning rate", defaultValue = "0", min = 0)
        double weightDecay,

        @Setting(description = "longer gradients are scaled to this norm", defaultValue = "1", min = 0)
        double gradientNorm,

        @Setting(description = "memory of the averaged weights", defaultValue = "0.999", min = 0, max = 1)
        double averageDecay,

        @Setting(
                description = "sessions that share a batch, each with the backend's threads",
                defaultValue = "1",
                min = 1)
        int workers,

        @Setting(description = "updates between two checkpoints", defaultValue = "100", min = 1)
        int checkpointEvery) {
    AdamW.Settings optimiser() {
        return new AdamW.Settings(beta1, beta2, epsilon, weightDecay);
    }

    LearningRateSchedule rates() {
        return new LearningRateSchedule(learningRate, warmUp, iterations, finalRate);
    }

    /** All that decides the numbers of a run. Workers are not part of it: they change the last bits only. */
    String recipe() {
        return String.format(
                Locale.ROOT,
                "%d updates of %d, seed %d, rate %s (warm-up %d, final %s), AdamW(%s, %s, %s, %s), norm %s, average %s",
                iterations,
                batch,
                seed,
                learningRate,
                warmUp,
                finalRate,
                beta1,
                beta2,
                epsilon,
                weightDecay,
                gradientNorm,
                averageDecay);
    }
}
