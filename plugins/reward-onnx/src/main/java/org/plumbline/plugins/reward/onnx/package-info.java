/**
 * A network from an ONNX file as a reward.
 *
 * <pre>
 *   image -> ImagePreparation -> the file's network -> Readout -> score
 *                                                        ^
 *                                     prompt -> Wanted --+
 * </pre>
 *
 * <p>Preparation and readout are graphs over our operations. If the network can be read as one as well
 * ({@link org.plumbline.toolkit.onnx.OnnxGraph}), all three are joined and the reward is differentiable
 * ({@link org.plumbline.plugins.reward.onnx.GraphReward}); {@link org.plumbline.plugins.reward.onnx.Verification} has then
 * seen that what was read computes what the file does. Otherwise the two graphs are written as ONNX, and ONNX Runtime runs
 * the three one after the other ({@link org.plumbline.plugins.reward.onnx.ScoredReward}). So there is one definition of
 * every part, and both kinds score the same.
 *
 * <p>What is {@link org.plumbline.plugins.reward.onnx.Wanted wanted} of a prompt does not depend on the image: a column, or
 * the vector of a text network, computed once per prompt.
 */
@NullMarked
package org.plumbline.plugins.reward.onnx;

import org.jspecify.annotations.NullMarked;
