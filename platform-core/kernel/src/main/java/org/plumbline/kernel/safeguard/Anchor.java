package org.plumbline.kernel.safeguard;

import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;

/** A pull towards the pre-trained model, added to every estimate: minus weight times the gradient of a distance. */
public interface Anchor {
    /**
     * The pull at one update.
     *
     * @param workbench where the chain was made
     * @param rollout the samples of the update
     * @param chain the chain of the update
     */
    Pull pull(Workbench workbench, Rollout rollout, SamplingChain chain);

    /**
     * What pulls.
     *
     * @param gradient to add to the gradient of the reward, theta's length
     * @param name of the distance, kebab case, for diagnostics
     * @param distance present value, before the weight
     */
    record Pull(double[] gradient, String name, double distance) {}
}
