package org.plumbline.spi.backend;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

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

    /** An arena for intermediate values. The caller closes it; this arena closes what is left. */
    TensorArena nested();

    /** Hands a tensor of a nested arena over to this arena, so that it outlives the nested one. */
    Tensor adopt(Tensor x);

    /** Frees every tensor of this arena and of the arenas nested in it. Closing twice is harmless. */
    @Override
    void close();
}
