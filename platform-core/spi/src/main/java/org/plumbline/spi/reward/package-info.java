/**
 * What a run maximises.
 *
 * <p>A {@link org.plumbline.spi.reward.RewardModel} is one of two kinds. A
 * {@link org.plumbline.spi.reward.DifferentiableRewardModel} is a graph, so that it runs on the backend of the run and its
 * gradient with respect to the image is available. A {@link org.plumbline.spi.reward.BlackBoxRewardModel} is any function
 * of the image; estimators that need a reward gradient are refused before the run. A plugin that learns only from its
 * settings which of the two it is implements {@link org.plumbline.spi.reward.RewardChoice}.
 */
@Export
@Version("1.2.0")
@NullMarked
package org.plumbline.spi.reward;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
