package org.plumbline.plugins.estimator.rlr;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.plumbline.plugins.estimator.rlr.Configuration.LogProbability;
import org.plumbline.spi.error.ErrorCode;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.PromptScale;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.perturbation.ZerothOrder;

/** What RLR asks of a chain in one configuration, checked before the first step. */
final class Requirements {
    /** Outside of these bounds a clip range, in nats of the whole latent, does nothing or stops everything. */
    private static final double LEAST_CLIP = 0.01;

    private static final double LARGEST_CLIP = 10;

    private final Configuration configuration;
    private final SubChainStart start;
    private final SubChainLength length;

    Requirements(Configuration configuration, SubChainStart start, SubChainLength length) {
        this.configuration = configuration;
        this.start = start;
        this.length = length;
    }

    /** Refuses what cannot be. */
    void check(ChainProfile profile) {
        int steps = profile.program().size();
        if (steps < 2 || configuration.h() > steps - 1) {
            throw refusal(
                    StandardError.BAD_VALUE,
                    "with h: " + configuration.h(),
                    "1 to " + (steps - 1) + ", since the last of the sampler's " + steps + " calls is first order",
                    steps < 2 ? "use a sampler of at least two steps" : "lower h");
        }
        checkTarget(profile);
        checkRows(profile);
        if (configuration.usesHalfOrder()) {
            checkBudget(steps);
            checkHalfOrder(profile);
        }
    }

    private void checkTarget(ChainProfile profile) {
        boolean possible = configuration.mode().hasTiles() || configuration.mode() == Mode.FO_ZO;
        if (profile.target() instanceof TrainableTarget.InitialNoise && !possible) {
            throw refusal(
                    StandardError.INCOMPATIBLE,
                    "in mode " + configuration.mode()
                            + " with target initial-noise: the initial noise belongs to no step",
                    null,
                    "use mode: tiled-ho, or train weights or the conditioning");
        }
    }

    private void checkRows(ChainProfile profile) {
        Baseline baseline = configuration.baselineInUse();
        if (configuration.usesHalfOrder() && baseline != Baseline.NONE && profile.rows() < 2) {
            throw refusal(
                    StandardError.BAD_VALUE,
                    "with baseline: " + spelled(baseline) + " and a batch of " + profile.rows(),
                    null,
                    "use a batch of at least 2, or baseline: none");
        }
        if (configuration.usesZerothOrder()
                && configuration.difference() == ZerothOrder.Difference.ONE_SIDED
                && profile.rows() < 2) {
            throw refusal(
                    StandardError.BAD_VALUE,
                    "with difference: one-sided, whose baseline is the other samples, and a batch of " + profile.rows(),
                    null,
                    "use a batch of at least 2, or difference: antithetic");
        }
    }

    private void checkBudget(int steps) {
        LengthRule rule = length.rule();
        if (rule != null && !rule.applies()) {
            throw refusal(
                    StandardError.BAD_VALUE,
                    "with ho-cost: " + rule.halfOrderCost() + " and zo-cost: " + rule.zerothOrderCost(),
                    "costs of which the half-order one is larger; otherwise the budget does not limit h",
                    "set h-policy: fixed");
        }
        if (rule != null && !rule.fits(steps)) {
            throw refusal(
                    StandardError.BAD_VALUE,
                    "with budget: " + rule.budget() + " MiB",
                    "at least " + (rule.halfOrderCost() + rule.zerothOrderCost() * (steps - 2))
                            + " MiB, for one half-order step and " + (steps - 2) + " zeroth-order steps",
                    "raise the budget");
        }
    }

    private void checkHalfOrder(ChainProfile profile) {
        SamplerProgram program = profile.program();
        PromptScale scale = scale(profile);
        switch (configuration.mode()) {
            case EXACT, PAPER_LITERAL, FO_HO -> {
                checkMarkov(program);
                int longest = longest(program.size(), scale);
                checkSubChain(
                        program, configuration.mode().subChainLength(length.known(program.size(), longest)), scale);
            }
            case TILED_HO, RANDOM_TILE -> {
                if (configuration.mode() == Mode.RANDOM_TILE || configuration.confined()) {
                    checkMarkov(program);
                }
                if (!program.stochastic(program.size() - 2)) {
                    throw noNoise(program, 2);
                }
                if (tiles(program, scale).isEmpty()) {
                    throw refusal(
                            StandardError.BAD_VALUE,
                            "in mode " + configuration.mode() + " with a window in which no tile starts",
                            "tiles that start at "
                                    + SubChain.tiles(program, configuration.h()).stream()
                                            .map(SubChain::start)
                                            .toList(),
                            "widen the window");
                }
            }
            case RELEASED -> {
                if (configuration.weighted()) {
                    // Weights make up for steps that are not drawn, not for those that cannot be, nor for what flows
                    // past
                    // a score through other registers.
                    checkMarkov(program);
                    checkSubChain(program, 1, scale);
                }
                checkWindow(program.size(), 1, start.chosen(program.size(), 1, scale));
                if (ReleasedSteps.noisy(program, start.chosen(program.size(), 1, scale))
                        .isEmpty()) {
                    throw noNoise(program, configuration.mode().leastStart());
                }
                checkClip(profile);
            }
            case DEV, FO, FO_ZO -> {}
        }
    }

    private void checkSubChain(SamplerProgram program, int subChain, @Nullable PromptScale scale) {
        SubChainStart.Window window = start.chosen(program.size(), subChain, scale);
        checkWindow(program.size(), subChain, window);
        for (int j = window.least(); j <= window.largest(); j++) {
            if (!program.stochastic(program.size() - j)) {
                throw noNoise(program, j);
            }
        }
    }

    private void checkWindow(int steps, int subChain, SubChainStart.Window window) {
        SubChainStart.Window possible = start.possible(steps, subChain);
        if (window.empty() || window.least() < possible.least() || window.largest() > possible.largest()) {
            String scale = configuration.startScale();
            throw refusal(
                    StandardError.BAD_VALUE,
                    scale == null
                            ? "with a sub-chain start from " + window.least() + " to " + window.largest()
                            : "with start-scale: " + scale + ", in which no sub-chain fits",
                    possible.least() + " to " + possible.largest() + ", counted from the output, for sub-chains of "
                            + subChain + " of the " + steps + " calls",
                    scale == null ? "change start-from or start-to" : "lower h, or give the scale more steps");
        }
    }

    private void checkMarkov(SamplerProgram program) {
        if (!program.markov()) {
            throw refusal(
                    StandardError.INCOMPATIBLE,
                    "in mode " + configuration.mode() + " with " + program.name()
                            + ", which remembers earlier network outputs",
                    null,
                    "use mode: tiled-ho without a window, or a sampler with one register such as ddim");
        }
    }

    private void checkClip(ChainProfile profile) {
        boolean mean = configuration.logProbabilityInUse() == LogProbability.MEAN;
        double nats = configuration.clipInUse() * (mean ? profile.latentSize() : 1);
        // In a single update per rollout every ratio is 1, and nothing is clipped.
        if (configuration.separateUpdates() && (nats < LEAST_CLIP || nats > LARGEST_CLIP)) {
            throw refusal(
                    StandardError.BAD_VALUE,
                    "with clip: " + configuration.clipInUse() + " of the log-probability's " + (mean ? "mean" : "sum")
                            + ", which is " + nats + " nats over a latent of " + profile.latentSize() + " numbers",
                    LEAST_CLIP + " to " + LARGEST_CLIP + " nats",
                    "use clip: 0.2 with log-probability: sum, or clip: " + 1.6 / profile.latentSize() + " with mean");
        }
    }

    /** The range of the prompt schedule that the settings name, or null if they name none. */
    @Nullable
    PromptScale scale(ChainProfile profile) {
        String name = configuration.startScale();
        if (name == null) {
            return null;
        }
        return profile.scales().stream()
                .filter(scale -> scale.name().equals(name))
                .findFirst()
                .orElseThrow(() -> refusal(
                        StandardError.BAD_VALUE,
                        "with start-scale: " + name,
                        profile.scales().isEmpty()
                                ? "the study has one prompt for the whole chain, hence no scales"
                                : profile.scales().stream()
                                        .map(scale -> scale.name() + " (steps " + scale.from() + " to " + scale.to()
                                                + " from the output)")
                                        .toList()
                                        .toString(),
                        profile.scales().isEmpty()
                                ? "give the study a prompt schedule, or set start-from and start-to"
                                : "name one of these"));
    }

    /** The longest h that the chain and the window leave room for. */
    int longest(int steps, @Nullable PromptScale scale) {
        int extra = configuration.mode().subChainLength(0);
        int least = start.chosen(steps, 1, scale).least();
        int last = scale == null ? steps : Math.min(steps, scale.to());
        return Math.min(steps - 1, last - least + 1) - extra;
    }

    /** The tiles that start in the window. */
    List<SubChain> tiles(SamplerProgram program, @Nullable PromptScale scale) {
        SubChainStart.Window window = start.chosen(program.size(), 1, scale);
        return SubChain.tiles(program, configuration.h()).stream()
                .filter(tile -> window.least() <= tile.start() && tile.start() <= window.largest())
                .toList();
    }

    private static String spelled(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static PlumblineException noNoise(SamplerProgram program, int step) {
        return refusal(
                StandardError.INCOMPATIBLE,
                "takes a score at step " + step + " from the output, where " + program.name() + " has no noise",
                null,
                "set the sampler's eta above 0");
    }

    private static PlumblineException refusal(ErrorCode code, String asked, @Nullable String available, String remedy) {
        PlumblineException.Builder builder =
                PlumblineException.of(code).asked("estimator 'rlr' " + asked).remedy(remedy);
        return (available == null ? builder : builder.available(available)).build();
    }
}
