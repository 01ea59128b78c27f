/**
 * What a reward must keep.
 *
 * <p>A reward's test extends {@link org.plumbline.testkit.reward.RewardContract}, once per configuration that matters:
 *
 * <pre>{@code
 * class MyRewardTest extends RewardContract {
 *     protected ComputeBackend backend() { return new ReferenceBackend(); }
 *     protected RewardModel reward() { return new MyReward(); }
 *     protected long[] imageShape() { return new long[] {1, 8, 8}; }
 * }
 * }</pre>
 *
 * <p>Differentiable rewards and black boxes extend the same class; what concerns one kind only is skipped for the other. Of
 * a reward that chooses between the two, what it chose is tested.
 */
@Export
@Version("0.1.0")
@NullMarked
package org.plumbline.testkit.reward;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
