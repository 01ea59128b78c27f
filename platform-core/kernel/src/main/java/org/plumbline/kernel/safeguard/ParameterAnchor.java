package org.plumbline.kernel.safeguard;

import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;

/** |theta - theta_0|^2 / 2, with theta_0 the parameters at the start of the run. Costs nothing. */
public final class ParameterAnchor implements Anchor {
    private final double weight;
    private final double[] start;

    /**
     * @param weight of the distance
     * @param start theta_0
     */
    public ParameterAnchor(double weight, double[] start) {
        this.weight = weight;
        this.start = start.clone();
    }

    @Override
    public Pull pull(Workbench workbench, Rollout rollout, SamplingChain chain) {
        double[] theta = chain.parameters();
        double[] gradient = new double[theta.length];
        double squares = 0;
        for (int i = 0; i < theta.length; i++) {
            double moved = theta[i] - start[i];
            squares += moved * moved;
            gradient[i] = -weight * moved;
        }
        return new Pull(gradient, "anchor-l2", squares / 2);
    }
}
