/**
 * Rewards on videos: {@code motion-amount}, how much changes from frame to frame, {@code temporal-smoothness}, how evenly it
 * changes, and {@code motion-direction}, whether what is seen goes where the prompt says. The first two are networks over
 * {@link org.plumbline.spi.graph.Ops}, made of {@link org.plumbline.plugins.reward.motion.FrameDifference}, and have
 * gradients; the third is for measuring. Still images are refused.
 */
@NullMarked
package org.plumbline.plugins.reward.motion;

import org.jspecify.annotations.NullMarked;
