package org.plumbline.plugins.estimator.flowbp;

import java.util.Map;
import java.util.random.RandomGenerator;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.Trajectory;

/** A way to build a short graph through states of a sampled chain. */
interface Surrogate {
    /** Refuses what it cannot do. */
    void check(ChainProfile profile);

    /**
     * Pulls the reward's gradient back through the surrogate.
     *
     * @param sampled the behaviour
     * @param weights of the rows' rewards, not yet divided by their number
     * @param random for the choice of the support points
     */
    Gradient pullBack(Chain chain, Trajectory sampled, double[] weights, RandomGenerator random);

    /**
     * A surrogate's gradient.
     *
     * @param values of theta's length
     * @param diagnostics what was drawn
     */
    record Gradient(double[] values, Map<String, Double> diagnostics) {}
}
