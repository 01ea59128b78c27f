package org.plumbline.spi.graph;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The operations of which networks are made. Backends implement it; networks are written against it.
 *
 * <p>Binary operations broadcast by NumPy's rule. Images are laid out [batch, channels, height, width]. An axis counts
 * from 0, negative from the end. A size of -1 in {@link #shape} is the batch, -k a batch whose rows were cut into k each;
 * {@link #reshape} takes -1 once for either. Shapes that do not fit are refused while the graph is built, with the name of the operation. The rows of the batch
 * never meet: no operation sums, joins or cuts along it, so that a backend may compute a batch in pieces.
 *
 * <p>Methods with a body are compositions of the others; an interpreter overrides one only where its engine has a fused
 * kernel.
 *
 * @param <T> what the interpreter uses for a tensor
 */
@ProviderType
public interface Ops<T> {
    /** The shape of a value; -1 stands for the batch where the interpreter only records. */
    long[] shape(T x);

    /**
     * The weight or trainable parameter of this name.
     *
     * @param shape the shape the graph expects; another one in the file is refused with both shapes in the message
     */
    T weight(String name, long... shape);

    /** A constant, row-major. */
    T constant(double[] values, long... shape);

    T add(T a, T b);

    T sub(T a, T b);

    T mul(T a, T b);

    T div(T a, T b);

    /** {@code factor * x}. */
    T scale(T x, double factor);

    /** {@code x + term}. */
    T shift(T x, double term);

    T exp(T x);

    /** Natural logarithm. */
    T log(T x);

    T sqrt(T x);

    T sin(T x);

    T cos(T x);

    T tanh(T x);

    T sigmoid(T x);

    T relu(T x);

    /** The error function: {@code 2 Phi(sqrt(2) x) - 1} with the exact normal distribution function. */
    T erf(T x);

    /** {@code x * Phi(x)} with the exact normal distribution function. */
    T gelu(T x);

    /** Limits to [low, high]; its derivative is 1 inside, the bounds included, and 0 outside. */
    T clamp(T x, double low, double high);

    /** {@code x * sigmoid(x)}. */
    default T silu(T x) {
        return mul(x, sigmoid(x));
    }

    /** {@code x * sigmoid(1.702 x)}, the activation of CLIP. */
    default T quickGelu(T x) {
        return mul(x, sigmoid(scale(x, 1.702)));
    }

    /** Sum over the given axes, which stay with size 1 if {@code keep}; none of them is the batch. */
    T sum(T x, boolean keep, int... axes);

    /** Mean over the given axes, which stay with size 1 if {@code keep}; none of them is the batch. */
    default T mean(T x, boolean keep, int... axes) {
        long[] sizes = shape(x);
        double count = 1;
        for (int axis : axes) {
            count *= (double) sizes[axis < 0 ? axis + sizes.length : axis];
        }
        return scale(sum(x, keep, axes), 1 / count);
    }

    /** Softmax over the last axis. */
    T softmax(T x);

    /** Logarithm of the softmax over the last axis. */
    T logSoftmax(T x);

    /** Matrix product over the last two axes; the axes before them are equal or broadcast. */
    T matmul(T a, T b);

    /**
     * {@code x w^T + b}.
     *
     * @param x [..., in]
     * @param w [out, in]
     * @param b [out], or null
     */
    T linear(T x, T w, @Nullable T b);

    /**
     * Convolution with zero padding on all four sides.
     *
     * @param x [batch, in, height, width]
     * @param w [out, in, kernel, kernel]
     * @param b [out], or null
     */
    T conv2d(T x, T w, @Nullable T b, int stride, int padding);

    /**
     * Convolution with any window, the padding being zeros, in groups of channels that do not see each other.
     *
     * @param x [batch, in, height, width]
     * @param w [out, in / groups, kernel height, kernel width]; output channel c belongs to group c / (out / groups)
     * @param b [out], or null
     */
    T conv2d(T x, T w, @Nullable T b, Window window, int groups);

    /**
     * The largest number under each place of a window. The padding is never the largest: it is smaller than the kernel.
     * Where several are equally large the gradient goes to one of them.
     *
     * @param x [batch, channels, height, width]
     */
    T maxPool2d(T x, int kernelHeight, int kernelWidth, Window window);

    /** Adds zeros around an image. */
    T pad2d(T x, int left, int right, int top, int bottom);

    /** Repeats every pixel twice in both directions. */
    T upsampleNearest2x(T x);

    /** Mean over windows of {@code kernel} x {@code kernel} pixels, moved by {@code kernel}, which divides both sizes. */
    T avgPool2d(T x, int kernel);

    /**
     * Normalises each group of channels over its channels and pixels, then scales and shifts per channel.
     *
     * @param x [batch, channels, ...]
     */
    T groupNorm(T x, int groups, T gamma, T beta, double eps);

    /** Normalises over the last axis, then scales and shifts. */
    T layerNorm(T x, T gamma, T beta, double eps);

    /**
     * Scaled dot-product attention, {@code softmax(q k^T / sqrt(d) + mask) v}.
     *
     * @param q [batch, heads, queries, d]
     * @param k [batch, heads, keys, d]
     * @param v [batch, heads, keys, d]
     * @param causal if true a query sees only keys up to its own position
     */
    default T attention(T q, T k, T v, boolean causal) {
        long[] query = shape(q);
        T scores = scale(matmul(q, transpose(k, 0, 1, 3, 2)), 1 / Math.sqrt((double) query[3]));
        if (causal) {
            int length = Math.toIntExact(query[2]);
            double[] mask = new double[length * length];
            for (int row = 0; row < length; row++) {
                for (int column = row + 1; column < length; column++) {
                    mask[row * length + column] = -1e9;
                }
            }
            scores = add(scores, constant(mask, 1, 1, length, length));
        }
        return matmul(softmax(scores), v);
    }

    /**
     * Rows of a table.
     *
     * @param table [entries, width]
     * @param indices [batch, length], whole numbers in [0, entries)
     * @return [batch, length, width]
     */
    T embedding(T table, T indices);

    /**
     * The same numbers in another shape; -1 once, for the batch. What the other sizes leave over cuts every row into rows of
     * their own, which the operations that follow treat alike and apart: the eight frames of videos [batch, 8, 3, 16, 16]
     * are images under the shape [-1, 3, 16, 16]; the reverse joins them again. A graph returns whole rows.
     */
    T reshape(T x, long... shape);

    /** Reorders the axes. */
    T transpose(T x, int... order);

    /** Joins along an axis. */
    T concat(int axis, List<T> parts);

    /** The part [from, to) along an axis. */
    T slice(T x, int axis, long from, long to);

    /**
     * The same value, with a hint: what was computed up to here and what follows are best differentiated apart. An
     * interpreter may cut the graph at its boundaries into segments, keep only the values that a later segment uses, and
     * compute the others again when a cotangent comes back. Numbers do not depend on it but for rounding. Networks mark the
     * ends of their blocks.
     */
    default T boundary(T x) {
        return x;
    }
}
