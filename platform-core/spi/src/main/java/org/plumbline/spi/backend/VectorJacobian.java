package org.plumbline.spi.backend;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Network#vjp} returns. The tensors belong to the arena that was passed.
 *
 * @param output the network's output at the given inputs
 * @param inputGradients the gradient for each input that was asked for
 * @param parameterGradient the gradient of theta, summed over rows; null if the network has no trainable parameters
 */
public record VectorJacobian(
        Tensor output,
        Map<String, Tensor> inputGradients,
        @Nullable Tensor parameterGradient) {}
