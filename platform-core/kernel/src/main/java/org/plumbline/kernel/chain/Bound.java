package org.plumbline.kernel.chain;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;

/**
 * A trained vector on a session, for one batch.
 *
 * @param weights what the network takes as parameters, or null if it has none
 * @param conditions the encoded prompt of every row, one tensor per range of the prompt schedule; empty if the model
 *     takes none
 */
record Bound(@Nullable Tensor weights, List<Tensor> conditions) {}
