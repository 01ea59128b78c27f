package org.plumbline.plugins.estimator.rlr;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.toolkit.perturbation.RandomDirections;
import org.plumbline.toolkit.perturbation.ZerothOrder;

/**
 * Settings of RLR. Steps are counted from the output in network calls, 1 to T.
 *
 * @param mode how the steps are divided
 * @param h length of a sub-chain or tile
 * @param hPolicy where h comes from
 * @param budget B, MiB
 * @param hoCost B_h, MiB
 * @param zoCost B_z, MiB
 * @param hoDeviation V_h
 * @param zoDeviation V_z
 * @param baseline of the half-order part; null: as the mode has it
 * @param logProbability sum or mean; null: as the mode has it
 * @param weighted whether steps that are visited by chance get their inverse probability as a weight
 * @param start distribution of j
 * @param startEvery rollouts between measurements of step norms
 * @param startTemperature of the softmax
 * @param startFrom least start, counted from the output
 * @param startTo largest start
 * @param startScale the range of the prompt schedule that the sub-chain stays in
 * @param directions q
 * @param scale s
 * @param difference antithetic or one-sided
 * @param directionPer batch or sample
 * @param directionLaw how directions are drawn
 * @param directionRank of low-rank directions
 * @param wFo weight of the first-order part
 * @param wHo weight of the half-order part
 * @param wZo weight of the zeroth-order part
 * @param chainLen single steps of mode released
 * @param clip of the ratio in mode released; null: by the log-probability
 * @param separateUpdates whether mode released takes an optimiser step per part
 */
record Configuration(
        @Setting(
                description =
                        "exact, tiled-ho, random-tile, paper-literal, released, dev, or an ablation: fo, fo-ho, fo-zo",
                defaultValue = "tiled-ho")
        Mode mode,

        @Setting(description = "length of a sub-chain, in network calls", defaultValue = "2", min = 1)
        int h,

        @Setting(
                description =
                        "fixed: h as set; budget: from the memory budget (equation 8), and h as set until costs are"
                                + " measured and where they cannot be",
                defaultValue = "fixed")
        LengthPolicy hPolicy,

        @Setting(description = "memory budget of h-policy: budget, MiB", min = 0) @Nullable
        Double budget,

        @Setting(description = "memory of a half-order step, MiB; measured if absent", min = 0) @Nullable
        Double hoCost,

        @Setting(description = "memory of a zeroth-order step, MiB; measured if absent", min = 0) @Nullable
        Double zoCost,

        @Setting(description = "standard deviation of the estimate of one half-order step; measured if absent", min = 0)
        @Nullable
        Double hoDeviation,

        @Setting(
                description = "standard deviation of the estimate of one zeroth-order step; measured if absent",
                min = 0)
        @Nullable
        Double zoDeviation,

        @Setting(
                description =
                        "none, batch-mean, leave-one-out, per-prompt or standardised; default leave-one-out, in mode"
                                + " released standardised")
        @Nullable
        Baseline baseline,

        @Setting(description = "sum or mean of the log-probability over the latent; default sum, in mode released mean")
        @Nullable
        LogProbability logProbability,

        @Setting(
                description = "modes fo-ho and released: steps visited by chance are divided by their probability",
                defaultValue = "false")
        boolean weighted,

        @Setting(
                description =
                        "where the sub-chain starts: uniform, or gradient-norms (softmax of measured norms per step)",
                defaultValue = "uniform")
        Start start,

        @Setting(
                description =
                        "updates between measurements of the norms, each T(T+1)/2 evaluations forward and backward",
                defaultValue = "100",
                min = 1)
        int startEvery,

        @Setting(
                description = "temperature of the softmax, in units of the gradient's norm",
                defaultValue = "1",
                min = 1e-12)
        double startTemperature,

        @Setting(
                description =
                        "least start j of the sub-chain, in network calls counted from the output; default 2, in modes"
                                + " paper-literal and released 1",
                min = 1)
        @Nullable
        Integer startFrom,

        @Setting(
                description = "largest start j of the sub-chain, counted from the output; default the last that fits",
                min = 1)
        @Nullable
        Integer startTo,

        @Setting(
                description =
                        "name of the prompt schedule's range that the sub-chain stays in, such as coarse, mid, fine")
        @Nullable
        String startScale,

        @Setting(description = "zeroth-order directions per update", defaultValue = "1", min = 1)
        int directions,

        @Setting(
                description = "size of the zeroth-order perturbation, in units of the parameters",
                defaultValue = "0.001",
                min = 1e-12)
        double scale,

        @Setting(
                description = "antithetic, or one-sided against the mean reward of the other samples",
                defaultValue = "antithetic")
        ZerothOrder.Difference difference,

        @Setting(
                description = "batch: all samples share a direction; sample: each has its own and is rolled out alone",
                defaultValue = "batch")
        ZerothOrder.Sharing directionPer,

        @Setting(description = "gaussian, rademacher or low-rank", defaultValue = "gaussian")
        RandomDirections.Law directionLaw,

        @Setting(description = "rank of low-rank directions", defaultValue = "1", min = 1)
        int directionRank,

        @Setting(
                description = "weight of the first-order part (published scripts: 0.05, dev 0.01)",
                defaultValue = "1",
                min = 0)
        double wFo,

        @Setting(description = "weight of the half-order part (published scripts: 0.001)", defaultValue = "1", min = 0)
        double wHo,

        @Setting(
                description = "weight of the zeroth-order part (published dev scripts: 0.001)",
                defaultValue = "1",
                min = 0)
        double wZo,

        @Setting(description = "mode released: single steps per update", defaultValue = "2", min = 1)
        int chainLen,

        @Setting(
                description = "mode released: clip range of the ratio, in units of the chosen log-probability; default"
                        + " 0.0001 for mean, 0.2 for sum",
                min = 0)
        @Nullable
        Double clip,

        @Setting(
                description = "mode released: an optimiser step of its own for the first-order part and for each single"
                        + " step, on one rollout",
                defaultValue = "false")
        boolean separateUpdates) {
    /** Where h comes from. */
    enum LengthPolicy {
        FIXED,
        BUDGET
    }

    /** Distribution of the start of the sub-chain. */
    enum Start {
        UNIFORM,
        GRADIENT_NORMS
    }

    /** Sum or mean of the log-probability over the numbers of a latent. */
    enum LogProbability {
        SUM,
        MEAN
    }

    private static final double CLIP_OF_MEAN = 1e-4;
    private static final double CLIP_OF_SUM = 0.2;

    Configuration {
        require(
                startScale == null || (startFrom == null && startTo == null),
                "start-scale sets the window of the sub-chain, so start-from and start-to cannot");
        require(
                start == Start.UNIFORM || mode.drawsSubChain(),
                "start: gradient-norms needs a mode that draws a sub-chain: exact, paper-literal or fo-ho");
        require(
                hPolicy == LengthPolicy.FIXED || (mode.drawsSubChain() && mode.hasZerothOrder()),
                "h-policy: budget weighs half-order against zeroth-order steps, so it needs mode exact or paper-literal");
        require(hPolicy == LengthPolicy.FIXED || budget != null, "h-policy: budget needs a budget, in MiB");
        require(
                !weighted || mode == Mode.FO_HO || mode == Mode.RELEASED,
                "weighted concerns the modes fo-ho and released; no other leaves steps to chance");
        require(
                !separateUpdates || mode == Mode.RELEASED,
                "separate-updates belongs to mode released; the other modes take one step for the sum");
        require(
                wFo != 0 || (wHo != 0 && mode.hasHalfOrder()) || (wZo != 0 && mode.hasZerothOrder()),
                "all parts of mode " + mode + " have weight 0");
    }

    private static void require(boolean fits, String otherwise) {
        if (!fits) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    Baseline baselineInUse() {
        return baseline != null ? baseline : mode == Mode.RELEASED ? Baseline.STANDARDISED : Baseline.LEAVE_ONE_OUT;
    }

    LogProbability logProbabilityInUse() {
        return logProbability != null
                ? logProbability
                : mode == Mode.RELEASED ? LogProbability.MEAN : LogProbability.SUM;
    }

    double clipInUse() {
        return clip != null ? clip : logProbabilityInUse() == LogProbability.MEAN ? CLIP_OF_MEAN : CLIP_OF_SUM;
    }

    boolean usesFirstOrder() {
        return wFo != 0;
    }

    boolean usesHalfOrder() {
        return mode.hasHalfOrder() && wHo != 0;
    }

    boolean usesZerothOrder() {
        return mode.hasZerothOrder() && wZo != 0;
    }

    /** True if the start of sub-chains, tiles or single steps is confined by the user. */
    boolean confined() {
        return startFrom != null || startTo != null || startScale != null;
    }

    ZerothOrder zerothOrder() {
        return new ZerothOrder(
                new RandomDirections(directionLaw, directionRank), directions, scale, difference, directionPer);
    }
}
