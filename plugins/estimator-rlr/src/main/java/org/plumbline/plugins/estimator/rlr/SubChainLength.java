package org.plumbline.plugins.estimator.rlr;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.plumbline.plugins.estimator.rlr.Configuration.LengthPolicy;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.toolkit.meter.ResidentMemory;
import org.plumbline.toolkit.perturbation.ZerothOrder;
import org.plumbline.toolkit.statistics.VectorMoments;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * h, fixed or by the {@link LengthRule}. What the rule needs and the settings do not give is measured once, on the first
 * update, which itself uses h as set, and remembered with the run. Resident memory is not the same on every machine, so a study that has to give the
 * same numbers everywhere sets the costs.
 */
final class SubChainLength {
    private static final Logger LOG = LoggerFactory.getLogger(SubChainLength.class);

    private static final String MEMORY = "length-rule";
    private static final double MEBI = 1 << 20;

    /** Estimates from which a deviation is measured. */
    private static final int TRIALS = 8;

    private final Configuration configuration;
    private @Nullable LengthRule rule;
    private boolean told;

    SubChainLength(Configuration configuration) {
        this.configuration = configuration;
        this.rule = given();
    }

    /** The rule, if the settings say everything that it needs. */
    private @Nullable LengthRule given() {
        Double ho = configuration.hoCost();
        Double zo = configuration.zoCost();
        Double v = configuration.hoDeviation();
        Double w = configuration.zoDeviation();
        return configuration.hPolicy() == LengthPolicy.FIXED || ho == null || zo == null || v == null || w == null
                ? null
                : new LengthRule(budget(), ho, zo, v, w);
    }

    private double budget() {
        Double budget = configuration.budget();
        return budget == null ? Double.NaN : budget;
    }

    /**
     * h as far as it is known: before the first update, and where half-order steps do not cost more, the set one.
     *
     * @param longest what the chain and the window leave room for
     */
    int known(int steps, int longest) {
        LengthRule known = rule;
        return known == null || !known.applies()
                ? configuration.h()
                : Math.max(1, Math.min(known.length(steps), longest));
    }

    /** The rule if it is known before the first update. */
    @Nullable
    LengthRule rule() {
        return rule;
    }

    /**
     * Measures what the rule lacks, once and after the estimate of the update that it is measured on: an h that depended on
     * the samples that it is used on would bias them.
     */
    void learn(Chain chain, int longest) {
        if (configuration.hPolicy() == LengthPolicy.BUDGET && !told) {
            told = true;
            tell(chain, longest);
        }
    }

    private void tell(Chain chain, int longest) {
        LengthRule known = rule;
        if (known == null) {
            known = measure(chain);
            rule = known;
        }
        LOG.info(
                "RLR: budget {} MiB, {} MiB per half-order step, {} MiB per zeroth-order step, deviations {} and {}:"
                        + " h is {}{}",
                known.budget(),
                known.halfOrderCost(),
                known.zerothOrderCost(),
                known.halfOrderDeviation(),
                known.zerothOrderDeviation(),
                known(chain.program().size(), longest),
                known.applies() ? "" : " as set, since half-order steps were not seen to cost more");
    }

    /** The estimate with the numbers of the rule. */
    GradientEstimate report(GradientEstimate estimate, int length) {
        GradientEstimate reported = estimate.with("h", length);
        LengthRule known = rule;
        if (known == null) {
            return reported;
        }
        reported = reported.with("budget-mib", known.budget())
                .with("ho-cost-mib", known.halfOrderCost())
                .with("zo-cost-mib", known.zerothOrderCost());
        return Double.isFinite(known.halfOrderDeviation()) && Double.isFinite(known.zerothOrderDeviation())
                ? reported.with("ho-deviation", known.halfOrderDeviation())
                        .with("zo-deviation", known.zerothOrderDeviation())
                : reported;
    }

    private LengthRule measure(Chain chain) {
        Trajectory sampled = chain.behaviour();
        int steps = chain.program().size();
        SubChain middle = noisyNear(chain, (steps + 2) / 2);
        BitSet calls = middle.calls(steps);
        double[] weights = new HalfOrder(configuration).weights(chain, chain.rewards(sampled), 1);
        Double ho = configuration.hoCost();
        Double zo = configuration.zoCost();
        double halfOrderCost = ho != null
                ? ho
                : mebibytes(() -> chain.sweep(sampled, HalfOrder.plan(chain, List.of(middle), weights)));
        double zerothOrderCost = zo != null ? zo : mebibytes(() -> single().estimate(chain, calls, "rlr.cost")) / steps;
        Double v = configuration.hoDeviation();
        Double w = configuration.zoDeviation();
        return new LengthRule(
                budget(),
                halfOrderCost,
                zerothOrderCost,
                v != null ? v : halfOrderDeviation(chain, sampled, middle, weights),
                w != null ? w : zerothOrderDeviation(chain, calls));
    }

    private ZerothOrder single() {
        ZerothOrder all = configuration.zerothOrder();
        return new ZerothOrder(all.directions(), 1, all.scale(), all.difference(), all.sharing());
    }

    private static SubChain noisyNear(Chain chain, int step) {
        int steps = chain.program().size();
        int found = step;
        while (found > 2 && !chain.program().stochastic(steps - found)) {
            found--;
        }
        return new SubChain(found, 1);
    }

    /** The growth of resident memory while something runs; 0 where the system does not tell. */
    private static double mebibytes(Runnable work) {
        ResidentMemory.resetPeak();
        OptionalLong before = ResidentMemory.now();
        work.run();
        OptionalLong peak = ResidentMemory.peak();
        return before.isPresent() && peak.isPresent() ? Math.max(0, peak.getAsLong() - before.getAsLong()) / MEBI : 0;
    }

    /** From estimates on parts of the batch, which are independent of one another but for their baseline. */
    private static double halfOrderDeviation(Chain chain, Trajectory sampled, SubChain step, double[] weights) {
        int groups = Math.min(TRIALS, chain.rows());
        VectorMoments moments = new VectorMoments(chain.parameterCount());
        for (int group = 0; group < groups; group++) {
            double[] some = new double[weights.length];
            int members = 0;
            for (int row = group; row < weights.length; row += groups) {
                some[row] = weights[row];
                members++;
            }
            for (int row = 0; row < some.length; row++) {
                some[row] *= (double) some.length / members;
            }
            moments.add(chain.sweep(sampled, HalfOrder.plan(chain, List.of(step), some)));
        }
        return Math.sqrt(moments.totalVariance() / groups);
    }

    /** From directions one by one. */
    private double zerothOrderDeviation(Chain chain, BitSet calls) {
        VectorMoments moments = new VectorMoments(chain.parameterCount());
        for (int trial = 0; trial < TRIALS; trial++) {
            moments.add(single().estimate(chain, calls, "rlr.deviation." + trial));
        }
        return Math.sqrt(moments.totalVariance() / configuration.directions());
    }

    Map<String, double[]> memory() {
        LengthRule known = rule;
        return known == null || given() != null
                ? Map.of()
                : Map.of(MEMORY, new double[] {
                    known.budget(),
                    known.halfOrderCost(),
                    known.zerothOrderCost(),
                    known.halfOrderDeviation(),
                    known.zerothOrderDeviation()
                });
    }

    void recall(Map<String, double[]> memory) {
        double[] known = memory.get(MEMORY);
        if (known != null) {
            rule = new LengthRule(known[0], known[1], known[2], known[3], known[4]);
        }
    }
}
