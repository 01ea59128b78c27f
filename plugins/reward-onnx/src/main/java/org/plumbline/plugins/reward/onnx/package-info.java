/** A network from an ONNX file as a reward. */
@NullMarked
package org.plumbline.plugins.reward.onnx;

import org.jspecify.annotations.NullMarked;
