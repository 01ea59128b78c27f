package org.plumbline.spi.backend;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;
import org.plumbline.spi.graph.GraphDefinition;

/** A compiled graph. Belongs to its session and to the session's thread. */
@ProviderType
public interface Network extends AutoCloseable {
    /** The graph that was compiled. */
    GraphDefinition definition();

    /**
     * Runs forward.
     *
     * @param into owns the result
     * @param parameters theta, of the layout's length; null if the layout is empty
     * @param inputs one tensor per graph input, all with the same number of rows
     * @return the output
     */
    Tensor forward(TensorArena into, @Nullable Tensor parameters, Map<String, Tensor> inputs);

    /**
     * Runs forward and puts the output into a tensor that exists, for example into memory that is shared with another
     * backend. Every number of the tensor is replaced.
     *
     * @param result a tensor of this session, of the output's shape, that is none of the inputs and of which the caller
     *     knows that nobody relies on its numbers
     * @param parameters theta, of the layout's length; null if the layout is empty
     * @param inputs one tensor per graph input, all with the same number of rows
     * @throws UnsupportedOperationException if the backend cannot; one whose arenas give
     *     {@linkplain TensorArena#view views} can
     */
    default void forwardInto(Tensor result, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
        throw new UnsupportedOperationException("this backend makes a new tensor for every output");
    }

    /**
     * Runs forward and pulls a cotangent back: with output y and cotangent g of its shape, the gradient of
     * {@code sum(y * g)}.
     *
     * @param into owns the results
     * @param parameters theta, or null if the layout is empty
     * @param inputs one tensor per graph input
     * @param cotangent g
     * @param wrt names of the inputs whose gradient is wanted
     * @throws UnsupportedOperationException if the backend lacks {@link Capability#VJP}
     */
    VectorJacobian vjp(
            TensorArena into,
            @Nullable Tensor parameters,
            Map<String, Tensor> inputs,
            Tensor cotangent,
            Set<String> wrt);

    /** Frees the weights. Closing twice is harmless. */
    @Override
    void close();
}
