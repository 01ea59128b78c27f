package org.plumbline.spi.backend;

import java.nio.FloatBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * Makes tensors, owns them, and offers the little arithmetic that a sampling chain needs between network calls. All
 * results belong to this arena, whoever made the operands. Confined to the session's thread.
 */
@ProviderType
public interface TensorArena extends AutoCloseable {
    /** A tensor with these values, row-major. */
    Tensor tensor(double[] values, long... shape);

    /** A tensor of zeros. */
    Tensor zeros(long... shape);

    /** {@code sum_i coefficients[i] * tensors[i]}; all of one shape, at least one. */
    Tensor combine(double[] coefficients, List<Tensor> tensors);

    /** Row i of the result is {@code factors[i]} times row i of {@code x}. */
    Tensor scaleRows(double[] factors, Tensor x);

    /** Element i is the inner product of row i of {@code a} with row i of {@code b}, accumulated in float64. */
    double[] dotRows(Tensor a, Tensor b);

    /** The rows [from, to). */
    Tensor rows(Tensor x, int from, int to);

    /** The parts one below the other. */
    Tensor concatRows(List<Tensor> parts);

    /** Adds {@code factor * x} to {@code target} in place; {@code target} belongs to this arena. */
    void accumulate(Tensor target, double factor, Tensor x);

    /**
     * The numbers of a tensor where they lie, if they lie in this process's memory as row-major float32 in the
     * machine's byte order.
     *
     * <p>The memory belongs to the tensor: it may be read until the tensor is closed, by its owner or with its arena, and
     * not a moment longer, since it is given to another tensor or to the system then; nothing guards against it. It is
     * written to only by whoever made the tensor and has not passed it on, for example to have a result put there.
     *
     * @param x a tensor of this session
     * @return a direct buffer over all numbers of the tensor, from position 0 to its limit; null if this backend does not
     *     share its memory, as on another device or in another precision
     */
    default @Nullable FloatBuffer memory(Tensor x) {
        return null;
    }

    /**
     * A tensor of this arena over somebody else's memory, without a copy.
     *
     * <p>Whoever owns the memory keeps it until the tensor is closed. The tensor holds whatever is in the memory when it
     * is used; closing it leaves the memory as it is.
     *
     * @param memory a direct buffer in the machine's byte order, of which [position, limit) is used
     * @param shape sizes whose product is the number of elements left in the buffer
     * @return the tensor; null if this backend cannot compute in foreign memory
     * @throws PlumblineException {@link StandardError#WRONG_SHAPE} if the number of elements does not fit,
     *     {@link StandardError#PLUGIN_CONTRACT} if the buffer is not direct or not in the machine's byte order
     */
    default @Nullable Tensor view(FloatBuffer memory, long... shape) {
        return null;
    }

    /** An arena for intermediate values. The caller closes it; this arena closes what is left. */
    TensorArena nested();

    /** Hands a tensor of a nested arena over to this arena, so that it outlives the nested one. */
    Tensor adopt(Tensor x);

    /** Frees every tensor of this arena and of the arenas nested in it. Closing twice is harmless. */
    @Override
    void close();
}
