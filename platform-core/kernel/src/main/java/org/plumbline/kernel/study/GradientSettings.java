package org.plumbline.kernel.study;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.plugin.Setting;

/** How a study measures the quality of gradients, as its author wrote it. */
public record GradientSettings(
        @Setting(
                description = "independent estimates of every estimator, each paired with the exact gradient"
                        + " of the same samples; 0: not measured",
                defaultValue = "8",
                min = 0)
        int replicas,

        @Setting(description = "seed of the replicas", defaultValue = "31415")
        long seed,

        @Setting(
                description = "moves the parameters this far along a random direction before measuring, in units"
                        + " of their norm or of 1 if that is 0; at the start of LoRA half of the gradient is zero",
                defaultValue = "0",
                min = 0)
        double displacement,

        @Setting(
                description = "study files whose gradients are measured as well, each with its own model,"
                        + " sampler, reward and estimators, for example a problem in closed form",
                defaultValue = "[]")
        List<String> also,

        @Setting(
                description = "the parameters at which gradients are measured; default: those of the base model,"
                        + " moved by the displacement",
                defaultValue = "[]")
        List<Point> points,

        @Setting(
                description = "the bias that matters, in units of the truth's norm: an estimator is called unbiased"
                        + " when a bias of this size would have been seen",
                defaultValue = "0.1",
                min = 1e-9)
        double tolerance,

        @Setting(
                description = "how many parts of the parameters' names tell their groups apart",
                defaultValue = "2",
                min = 1)
        int groupDepth) {
    GradientSettings withReplicas(int other) {
        return new GradientSettings(
                other, seed, displacement, other == 0 ? List.of() : also, points, tolerance, groupDepth);
    }

    GradientSettings withPoints(List<Point> others) {
        return new GradientSettings(replicas, seed, displacement, also, others, tolerance, groupDepth);
    }

    /** Parameters at which gradients are measured: the base model's, trained a little, or read, and then moved. */
    public record Point(
            @Setting(description = "what it is called; default: says how it came about") @Nullable
            String name,

            @Setting(description = "updates that are made first, from the base model", min = 1) @Nullable
            Integer after,

            @Setting(description = "label of the trial that makes them; default: the first one") @Nullable
            String estimator,

            @Setting(description = "step size of AdamW for them; default: the trial's", min = 0) @Nullable
            Double learningRate,

            @Setting(description = "seed of the start and of the updates", defaultValue = "1")
            long seed,

            @Setting(description = "weights that an earlier run saved: their folder or file, in the place of updates")
            @Nullable
            String weights,

            @Setting(
                    description = "then moves the parameters this far along a random direction, in units of their norm"
                            + " or of 1 if that is 0",
                    defaultValue = "0",
                    min = 0)
            double displacement) {}
}
