package org.plumbline.kernel.chain;

import org.plumbline.spi.reward.RewardModel;

/**
 * One of the rewards whose weighted sum is maximised.
 *
 * @param reward the reward
 * @param weight what it is multiplied with
 */
public record RewardTerm(RewardModel reward, double weight) {}
