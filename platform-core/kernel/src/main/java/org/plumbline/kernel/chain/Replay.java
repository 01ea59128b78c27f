package org.plumbline.kernel.chain;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;

/** Makes calls of a trajectory again, with its parameters and noise. */
@FunctionalInterface
interface Replay {
    /**
     * Makes the calls {@code from} to {@code to - 1}.
     *
     * @param owner owns the results
     * @param start registers before call {@code from}; not changed
     * @param keeper takes what each call saw, or null
     */
    @Nullable
    Tensor[] run(TensorArena owner, @Nullable Tensor[] start, int from, int to, ForwardPass.@Nullable Keeper keeper);
}
