package org.plumbline.kernel.sample;

import java.util.List;
import org.plumbline.spi.reward.ImageBatch;

/**
 * What was sampled.
 *
 * @param images those of one prompt one after the other, without limits on their values
 * @param prompts of each image
 * @param seeds of each image
 * @param model its name
 * @param sampler the sampler program's name
 * @param backend what the backend says of itself
 */
public record Sampled(
        ImageBatch images, List<String> prompts, List<Long> seeds, String model, String sampler, String backend) {
    public Sampled {
        prompts = List.copyOf(prompts);
        seeds = List.copyOf(seeds);
    }
}
