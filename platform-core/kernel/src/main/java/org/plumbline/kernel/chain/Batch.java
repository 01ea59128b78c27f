package org.plumbline.kernel.chain;

import java.util.List;

/**
 * The samples of one rollout.
 *
 * @param prompts one per row
 * @param noise where their noise comes from
 */
public record Batch(List<String> prompts, NoiseSource noise) {
    public Batch {
        prompts = List.copyOf(prompts);
    }

    /** The number of samples. */
    public int rows() {
        return prompts.size();
    }
}
