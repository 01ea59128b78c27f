package org.plumbline.kernel.chain;

import java.util.List;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.reward.RewardModel;

/**
 * What a chain is made of.
 *
 * @param model the pre-trained model
 * @param target what is trained
 * @param guidance weight w of classifier-free guidance, eps_u + w (eps_c - eps_u); 1 for none
 * @param reward what is maximised
 * @param prompts the distinct prompts of the run; a trained conditioning holds one encoded prompt for each
 * @param rows samples per update
 */
public record ChainParts(
        DiffusionModel model,
        TrainableTarget target,
        double guidance,
        RewardModel reward,
        List<String> prompts,
        int rows) {
    public ChainParts {
        prompts = List.copyOf(prompts);
    }
}
