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
 * FlowBP-Bridge: {@link SparseSurrogate} on both sides of a random call j, which is always one of the drawn ones, and
 * whose network sees alpha x_j + (1 - alpha) sg(x_j): one Jacobian couples the two sides, so that the calls before j learn
 * a part of what they do to the prediction at j.
 *
 * @param steps K, on both sides together
 * @param lateBias how much late calls of each side are preferred
 * @param rescale how far drawn calls make up for the others
 * @param alpha strength of the coupling
 */
record BridgeSurrogate(
        @Setting(
                description = "how many calls are differentiated on both sides together, K",
                defaultValue = "5",
                min = 2)
        int steps,

        @Setting(
                description = "calls of a side are drawn with weights (k + 1)^late-bias, k counted from its noisy end",
                defaultValue = "4",
                min = 0)
        double lateBias,

        @Setting(
                description = "how far the gradients of drawn calls make up for the others: 0 not, 1 in full",
                defaultValue = "0",
                min = 0)
        double rescale,

        @Setting(description = "strength of the coupling at the bridge", defaultValue = "0.5", min = 0)
        double alpha)
        implements Surrogate {
    @Override
    public void check(ChainProfile profile) {
        int calls = profile.program().size();
        if (steps > calls) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'flowbp' with bridge steps: " + steps)
                    .available("2 to " + calls + ", the sampler's network calls")
                    .remedy("lower bridge steps")
                    .build();
        }
    }

    @Override
    public Gradient pullBack(Chain chain, Trajectory sampled, double[] weights, RandomGenerator random) {
        int calls = chain.program().size();
        SupportPoints points = new SupportPoints(random);
        int j = points.pair(calls).j();
        int before = before(j, calls);
        BitSet drawn = points.lateBiased(0, j, before, lateBias);
        drawn.set(j);
        drawn.or(points.lateBiased(j + 1, calls, steps - before - 1, lateBias));

        double raised = SupportPoints.raised(chain.program(), drawn, rescale);
        // What passes the bridge is raised twice: as the gradient of call j and as that of a call before it.
        SweepPlan plan = SparseSurrogate.onLinearPath(chain, drawn)
                .withInput(j, alpha * raised)
                .fromReward(Arrays.stream(weights).map(w -> raised * w).toArray());
        return new Gradient(
                chain.sweep(sampled, plan),
                Map.of(
                        "differentiated-calls", (double) steps,
                        "earliest-call", (double) drawn.nextSetBit(0),
                        "bridge", (double) j));
    }

    /** How many of the K calls lie before j: in proportion, at least one, and at least j itself is left. */
    private int before(int j, int calls) {
        int inProportion = (int) Math.rint(steps * (double) j / calls);
        int atLeast = Math.max(1, steps - (calls - j));
        int atMost = Math.min(j, steps - 1);
        return Math.max(atLeast, Math.min(atMost, inProportion));
    }
}
