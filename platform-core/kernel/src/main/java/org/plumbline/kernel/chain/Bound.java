package org.plumbline.kernel.chain;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;

/**
 * A trained vector on a session, for one batch.
 *
 * @param weights what the network takes as parameters, or null if it has none
 * @param condition the encoded prompt of every row, or null if the model takes none
 */
record Bound(@Nullable Tensor weights, @Nullable Tensor condition) {}
