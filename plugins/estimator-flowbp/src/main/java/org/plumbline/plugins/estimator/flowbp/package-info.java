/**
 * FlowBP: reward back-propagation through surrogate trajectories.
 *
 * <p>The chain is sampled without gradients; a short graph through some of its states then stands in for it. Its value is
 * the sample's, so that the reward judges what was really sampled (a straight-through estimator), and its gradient is that
 * of the graph. Where nothing else is said a network's input is held, and adjoints travel along the sampler's linear path.
 */
@NullMarked
package org.plumbline.plugins.estimator.flowbp;

import org.jspecify.annotations.NullMarked;
