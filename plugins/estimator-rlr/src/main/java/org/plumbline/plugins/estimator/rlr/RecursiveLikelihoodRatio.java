package org.plumbline.plugins.estimator.rlr;

import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.plumbline.plugins.estimator.rlr.Configuration.LogProbability;
import org.plumbline.plugins.estimator.rlr.Configuration.Start;
import org.plumbline.plugins.estimator.rlr.Parts.Order;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.PromptScale;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.provenance.Citation;

/**
 * Recursive likelihood ratio (RLR): the steps 1..T of the chain, counted from the output, are divided among three
 * estimators.
 *
 * <p><b>First order (FO)</b> on step 1: the chain rule from the reward through the last denoising step, its input held.
 * <br><b>Half order (HO)</b> on a sub-chain of h steps J = {j .. j+h-1}: (R - b) z_j / sigma_j, the score of the noise that
 * is already in the sampler at the sub-chain's output end, pulled back through the sub-chain.
 * <br><b>Zeroth order (ZO)</b> on the rest C: an antithetic difference along a random direction u of the parameters used
 * there, (R(theta + s u) - R(theta - s u)) / (2 s) u, with all other noise in common.
 *
 * <p><b>Modes.</b> As sums, with j drawn anew for every update without looking at its noise:
 *
 * <pre>
 *   exact          FO{1} + HO{J}             + ZO{2..T without J}
 *   tiled-ho       FO{1} + sum of HO{tile}   over tiles of h steps that cover 2..T
 *   random-tile    FO{1} + n HO{tile}        one of n tiles
 *   paper-literal  FO{1} + HO{j..j+h}        + ZO{1..T without j..j+h},   j from 1: equation 6 as printed
 *   released       FO{1} + single HO{t}      at chain-len steps, with PPO's ratio: the published code
 *   dev            FO{1}                     + ZO{1..T}: the published development code
 *   fo, fo-ho, fo-zo                         ablations of exact
 * </pre>
 *
 * <p><b>Estimand.</b> The gradient of E[R]; the parts add up to it where every step belongs to exactly one of them.
 *
 * <p><b>Bias.</b> None for exact, tiled-ho, random-tile and fo-zo, with the summed log-probability, a baseline independent
 * of the sample, weights 1 and, in modes without ZO, no window; ZO adds O(s^2). paper-literal and dev count step 1 twice.
 * fo and fo-ho miss steps; fo-ho becomes unbiased with {@code weighted}, which divides what a step contributes by the
 * probability that J contains it. released misses steps, divides by the size of the latent (the mean log-probability) and
 * by the rewards' deviation.
 *
 * <p><b>Variance.</b> HO: of the policy gradient's kind on its steps. ZO: with one direction for the batch about
 * |g_C|^2 P / q for P parameters and q directions, whatever the batch; with one per sample the batch divides it.
 *
 * <p><b>Cost per sample.</b> Rollout T forward, 1 reward. FO: 1 forward, 1 backward. HO: h forward, h backward (T - 1 for
 * tiled-ho). ZO: 2qT forward, 2q rewards. Measuring norms for the start: T(T+1)/2 forward and backward every so many
 * updates. Memory: one network graph and T latents, since steps are replayed one by one; one direction of theta's length,
 * or one per sample.
 *
 * <p><b>Needs.</b> FO: the reward's gradient and vector-Jacobian products. HO: vector-Jacobian products, noise where scores
 * are taken and, but for tiled-ho without a window and released without weights, a sampler without memory of earlier
 * outputs. ZO: nothing.
 *
 * <p><b>The published code</b> differs from mode released in this: it takes an optimiser step for FO and one for each HO
 * step, all with the same moments ({@code separate-updates} does that on one rollout; the default adds them up, as its
 * predecessor did), and it samples the last step without noise but scores it as if there were some.
 *
 * <p>Source: Ren et al.: Half-order fine-tuning for diffusion model: a recursive likelihood ratio optimizer. ICLR 2026,
 * arXiv 2502.00639; repositories RTkenny/RLR-Optimizer and RTkenny/diff_LR.
 */
@Plugin(
        id = "rlr",
        description = "recursive likelihood ratio: first, half and zeroth order, unbiased",
        configuration = Configuration.class)
final class RecursiveLikelihoodRatio implements GradientEstimator {
    /** Up to here the bias of the perturbation, of order s^2, drowns in what any number of replicas can show. */
    private static final double LARGEST_UNBIASED_SCALE = 0.01;

    private final Configuration configuration;
    private final Mode mode;
    private final SubChainStart start;
    private final SubChainLength length;
    private final Requirements requirements;
    private final HalfOrder halfOrder;
    private final ReleasedSteps releasedSteps;

    @Inject
    RecursiveLikelihoodRatio(Configuration configuration) {
        this.configuration = configuration;
        this.mode = configuration.mode();
        this.start = new SubChainStart(configuration);
        this.length = new SubChainLength(configuration);
        this.requirements = new Requirements(configuration, start, length);
        this.halfOrder = new HalfOrder(configuration);
        this.releasedSteps = new ReleasedSteps(configuration, halfOrder);
    }

    @Override
    public Set<EstimatorTrait> traits() {
        Set<EstimatorTrait> traits = EnumSet.of(EstimatorTrait.CONSTANT_MEMORY_IN_STEPS);
        boolean measuresNorms = configuration.start() == Start.GRADIENT_NORMS;
        if (configuration.usesFirstOrder() || measuresNorms) {
            traits.add(EstimatorTrait.NEEDS_REWARD_GRADIENT);
        }
        if (configuration.usesFirstOrder() || configuration.usesHalfOrder() || measuresNorms) {
            traits.add(EstimatorTrait.NEEDS_VJP);
        }
        if (configuration.usesHalfOrder()) {
            traits.add(EstimatorTrait.NEEDS_STOCHASTIC_SAMPLER);
        }
        if (unbiased()) {
            traits.add(EstimatorTrait.UNBIASED);
        }
        return traits;
    }

    private boolean unbiased() {
        boolean fo = configuration.wFo() == 1;
        boolean ho = configuration.wHo() == 1
                && configuration.logProbabilityInUse() == LogProbability.SUM
                && configuration.baselineInUse().independent();
        boolean zo = configuration.wZo() == 1 && configuration.scale() <= LARGEST_UNBIASED_SCALE;
        return switch (mode) {
            case EXACT -> fo && ho && zo;
            case TILED_HO, RANDOM_TILE -> fo && ho && !configuration.confined();
            case FO_HO -> fo && ho && !configuration.confined() && configuration.weighted();
            case FO_ZO -> fo && zo;
            case RELEASED -> fo && ho && configuration.weighted() && drawsAllButTheFirst();
            case PAPER_LITERAL, DEV, FO -> false;
        };
    }

    private boolean drawsAllButTheFirst() {
        Integer from = configuration.startFrom();
        return from != null && from == 2 && configuration.startTo() == null && !configuration.separateUpdates();
    }

    @Override
    public void check(ChainProfile profile) {
        requirements.check(profile);
    }

    @Override
    public int updatesPerRollout() {
        return configuration.separateUpdates() ? 1 + configuration.chainLen() : 1;
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        Trajectory sampled = chain.behaviour();
        if (configuration.usesFirstOrder()) {
            // Values and gradient in one evaluation.
            chain.rewardGradient(sampled);
        }
        GradientEstimate estimate = switch (mode) {
            case EXACT, PAPER_LITERAL, FO_HO -> withSubChain(chain, sampled);
            case TILED_HO -> tiled(chain, sampled);
            case RANDOM_TILE -> randomTile(chain, sampled);
            case RELEASED -> released(chain, sampled);
            case DEV -> withoutHalfOrder(chain, sampled, 1);
            case FO_ZO -> withoutHalfOrder(chain, sampled, 2);
            case FO -> sum(chain, sampled, new Parts().with(Order.FO, firstOrder(chain, sampled)));
        };
        if (start.measures(chain.update())) {
            start.measure(chain, sampled);
        }
        return estimate;
    }

    /** FO{1} + HO{J} + ZO{the rest}, where the rest begins at step 1 only in the printed form. */
    private GradientEstimate withSubChain(Chain chain, Trajectory sampled) {
        int steps = chain.program().size();
        PromptScale scale = requirements.scale(chain.profile());
        int longest = requirements.longest(steps, scale);
        int h = length.known(steps, longest);
        int covered = mode.subChainLength(h);
        SubChainStart.Window window = start.chosen(steps, covered, scale);
        SubChain j = new SubChain(start.draw(window, chain.random("rlr.start")), covered);

        Parts parts = new Parts();
        if (configuration.usesFirstOrder()) {
            parts.with(Order.FO, firstOrder(chain, sampled));
        }
        if (configuration.usesHalfOrder()) {
            SweepPlan plan = HalfOrder.plan(chain, List.of(j), weights(chain, sampled, 1));
            for (int step = j.start(); configuration.weighted() && step <= j.end(); step++) {
                plan = plan.withParameters(steps - step, 1 / start.coverage(window, covered, step));
            }
            parts.with(Order.HO, chain.sweep(sampled, plan));
        }
        if (configuration.usesZerothOrder()) {
            BitSet rest = SubChain.calls(steps, mode.leastStart(), steps);
            rest.andNot(j.calls(steps));
            parts.with(Order.ZO, zerothOrder(chain, rest));
        }
        length.learn(chain, longest);
        return length.report(sum(chain, sampled, parts).with("start", j.start()), h);
    }

    /** FO{1} + sum of HO{tile}. */
    private GradientEstimate tiled(Chain chain, Trajectory sampled) {
        List<SubChain> tiles = requirements.tiles(chain.program(), requirements.scale(chain.profile()));
        return chain.program().markov() || !configuration.usesHalfOrder()
                ? withTiles(chain, sampled, tiles, 1)
                : inOneSweep(chain, sampled, tiles);
    }

    /** FO{1} + n HO{tile}. */
    private GradientEstimate randomTile(Chain chain, Trajectory sampled) {
        List<SubChain> tiles = requirements.tiles(chain.program(), requirements.scale(chain.profile()));
        SubChain drawn = tiles.get(chain.random("rlr.tile").nextInt(tiles.size()));
        return withTiles(chain, sampled, List.of(drawn), tiles.size()).with("start", drawn.start());
    }

    private GradientEstimate withTiles(Chain chain, Trajectory sampled, List<SubChain> tiles, double factor) {
        Parts parts = new Parts();
        if (configuration.usesFirstOrder()) {
            parts.with(Order.FO, firstOrder(chain, sampled));
        }
        if (configuration.usesHalfOrder()) {
            parts.with(Order.HO, chain.sweep(sampled, HalfOrder.plan(chain, tiles, weights(chain, sampled, factor))));
        }
        return sum(chain, sampled, parts);
    }

    /** Where registers carry adjoints past the cuts, the orders cannot be told apart. */
    private GradientEstimate inOneSweep(Chain chain, Trajectory sampled, List<SubChain> tiles) {
        SweepPlan plan = SweepPlan.of(chain.program());
        if (configuration.usesFirstOrder()) {
            plan = plan.fromReward(all(chain.rows(), configuration.wFo()));
        }
        double[] weights = weights(chain, sampled, 1);
        for (SubChain tile : tiles) {
            plan = plan.cut(chain.program().size() - tile.start(), weights);
        }
        return GradientEstimate.of(chain.sweep(sampled, plan), chain.rewards(sampled));
    }

    /** FO{1} + single HO{t}, in one update or each in one of its own. */
    private GradientEstimate released(Chain chain, Trajectory sampled) {
        int steps = chain.program().size();
        boolean separate = configuration.separateUpdates();
        boolean firstOrderTurn = !separate || chain.update() % updatesPerRollout() == 0;
        Parts parts = new Parts();
        if (configuration.usesFirstOrder() && firstOrderTurn) {
            parts.with(Order.FO, firstOrder(chain, sampled));
        }
        if (!configuration.usesHalfOrder() || (separate && firstOrderTurn)) {
            return sum(chain, sampled, parts);
        }
        SubChainStart.Window window = start.chosen(steps, 1, requirements.scale(chain.profile()));
        List<Integer> drawn = releasedSteps.draw(
                chain.program(), window, separate ? 1 : configuration.chainLen(), chain.random("rlr.steps"));
        // Every step is drawn chain-len times out of as many as there are.
        double factor = configuration.weighted()
                ? (double) ReleasedSteps.noisy(chain.program(), window).size() / configuration.chainLen()
                : 1;
        ReleasedSteps.Surrogate surrogate =
                releasedSteps.surrogate(chain, sampled, chain.rewards(sampled), drawn, factor);
        parts.with(Order.HO, chain.sweep(sampled, surrogate.plan()));
        return sum(chain, sampled, parts).with("clip-fraction", surrogate.clipped());
    }

    /** FO{1} + ZO{first..T}. */
    private GradientEstimate withoutHalfOrder(Chain chain, Trajectory sampled, int first) {
        int steps = chain.program().size();
        Parts parts = new Parts();
        if (configuration.usesFirstOrder()) {
            parts.with(Order.FO, firstOrder(chain, sampled));
        }
        if (configuration.usesZerothOrder()) {
            parts.with(Order.ZO, zerothOrder(chain, SubChain.calls(steps, first, steps)));
        }
        return sum(chain, sampled, parts);
    }

    private double[] firstOrder(Chain chain, Trajectory sampled) {
        SweepPlan plan = SweepPlan.of(chain.program())
                .fromReward(all(chain.rows(), configuration.wFo()))
                .stopBefore(chain.program().size() - 2);
        return chain.sweep(sampled, plan);
    }

    private double[] weights(Chain chain, Trajectory sampled, double factor) {
        return halfOrder.weights(chain, chain.rewards(sampled), factor);
    }

    private double[] zerothOrder(Chain chain, BitSet calls) {
        double[] gradient = configuration.zerothOrder().estimate(chain, calls, "rlr.direction");
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] *= configuration.wZo();
        }
        return gradient;
    }

    private static GradientEstimate sum(Chain chain, Trajectory sampled, Parts parts) {
        return parts.estimate(chain.parameterCount(), chain.rewards(sampled));
    }

    private static double[] all(int rows, double value) {
        double[] values = new double[rows];
        Arrays.fill(values, value);
        return values;
    }

    @Override
    public Map<String, double[]> memory() {
        Map<String, double[]> memory = new HashMap<>(start.memory());
        memory.putAll(length.memory());
        return memory;
    }

    @Override
    public void recall(Map<String, double[]> memory) {
        start.recall(memory);
        length.recall(memory);
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "ren2026rlr",
                "Ren, T., Zhang, Z., Jiang, J., Li, X., Qin, Y., Zheng, Y., et al., Peng, Y.",
                "Half-order fine-tuning for diffusion model: a recursive likelihood ratio optimizer",
                2026,
                "ICLR; arXiv 2502.00639"));
    }
}
