package org.plumbline.spi.graph;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A network as a function over {@link Ops}. Implementations are immutable and hold no weights and no tensors, so one
 * instance may be compiled by several sessions at the same time.
 */
@ConsumerType
public interface GraphDefinition {
    /** A short name for messages and traces. */
    String name();

    /** The inputs in the order in which they are documented; each has the batch as its first dimension. */
    List<TensorSpec> inputs();

    /**
     * True for a network that suffers from less precision than float32; a session of lower precision then computes it in
     * float32 all the same.
     */
    default boolean float32() {
        return false;
    }

    /**
     * Builds the network.
     *
     * <p>Must be a pure function: the same calls on {@code ops} whenever it is called.
     *
     * @param ops the interpreter
     * @param inputs one value per entry of {@link #inputs()}, by name
     * @param <T> what the interpreter uses for a tensor
     * @return the one output; its first dimension is the batch
     */
    <T> T build(Ops<T> ops, Map<String, T> inputs);
}
