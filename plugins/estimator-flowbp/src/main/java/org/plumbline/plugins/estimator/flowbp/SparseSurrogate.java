package org.plumbline.plugins.estimator.flowbp;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.plugin.Setting;

/**
 * FlowBP-Sparse: the whole linear path, on which K calls are evaluated anew at their held inputs and all others are
 * constants,
 *
 * <pre>  x_0 = linear path of x_T + sum over drawn k of weight_k m_theta(sg(x_k)) + constants.</pre>
 *
 * @param steps K
 * @param lateBias how much late calls are preferred
 * @param rescale how far drawn calls make up for the others
 */
record SparseSurrogate(
        @Setting(description = "how many calls are differentiated, K", defaultValue = "4", min = 1)
        int steps,

        @Setting(
                description = "calls are drawn with weights (k + 1)^late-bias, k counted from the noise",
                defaultValue = "1",
                min = 0)
        double lateBias,

        @Setting(
                description = "how far the gradients of drawn calls make up for the others: 0 not, 1 in full",
                defaultValue = "0.5",
                min = 0)
        double rescale)
        implements Surrogate {
    @Override
    public void check(ChainProfile profile) {
        int calls = profile.program().size();
        if (steps > calls) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'flowbp' with sparse steps: " + steps)
                    .available("1 to " + calls + ", the sampler's network calls")
                    .remedy("lower sparse steps")
                    .build();
        }
    }

    @Override
    public Gradient pullBack(Chain chain, Trajectory sampled, double[] weights, RandomGenerator random) {
        int calls = chain.program().size();
        BitSet drawn = new SupportPoints(random).lateBiased(0, calls, steps, lateBias);
        double raised = SupportPoints.raised(chain.program(), drawn, rescale);
        SweepPlan plan = onLinearPath(chain, drawn)
                .fromReward(Arrays.stream(weights).map(w -> raised * w).toArray());
        return new Gradient(
                chain.sweep(sampled, plan),
                Map.of("differentiated-calls", (double) steps, "earliest-call", (double) drawn.nextSetBit(0)));
    }

    /** Adjoints pass no network, and only these calls collect. */
    static SweepPlan onLinearPath(Chain chain, BitSet drawn) {
        SweepPlan plan = SweepPlan.of(chain.program());
        for (int k = 0; k < chain.program().size(); k++) {
            plan = plan.withoutInput(k);
            if (!drawn.get(k)) {
                plan = plan.withoutParameters(k);
            }
        }
        return plan;
    }
}
