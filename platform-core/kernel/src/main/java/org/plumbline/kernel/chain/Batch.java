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

    /** One of its samples alone. */
    Batch row(int row) {
        return new Batch(List.of(prompts.get(row)), new NoiseSource() {
            @Override
            public double[] initial(int ignored, int size) {
                return noise.initial(row, size);
            }

            @Override
            public double[] step(int ignored, int call, int size) {
                return noise.step(row, call, size);
            }
        });
    }

    /** The number of samples. */
    public int rows() {
        return prompts.size();
    }
}
