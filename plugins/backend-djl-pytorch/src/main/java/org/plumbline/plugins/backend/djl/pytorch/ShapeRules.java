package org.plumbline.plugins.backend.djl.pytorch;

import java.util.Arrays;
import java.util.List;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.TensorSpec;

/**
 * The shape of each operation's result, inferred while a graph is recorded, when the batch is still unknown and written
 * {@link TensorSpec#BATCH}. What does not fit is refused with the operation's name, before anything runs.
 */
final class ShapeRules {
    private static final long BATCH = TensorSpec.BATCH;

    private ShapeRules() {}

    /** Sizes for people: the batch is B. */
    static String text(long... shape) {
        return Arrays.toString(shape).replace("-1", "B");
    }

    static PlumblineException misfit(String operation, String problem) {
        return PlumblineException.of(StandardError.WRONG_SHAPE)
                .asked(operation + ": " + problem)
                .remedy("correct the graph, or check that its weights are those it was written for")
                .build();
    }

    static void require(boolean holds, String operation, String problem) {
        if (!holds) {
            throw misfit(operation, problem);
        }
    }

    /** The place of an axis that may be counted from the end. */
    static int axis(String operation, int axis, long[] shape) {
        int place = axis < 0 ? axis + shape.length : axis;
        require(place >= 0 && place < shape.length, operation, "axis " + axis + " of " + text(shape));
        return place;
    }

    /** NumPy's rule: sizes are compared from the end, and 1 stretches. */
    static long[] broadcast(String operation, long[] a, long[] b) {
        int rank = Math.max(a.length, b.length);
        long[] result = new long[rank];
        for (int back = 1; back <= rank; back++) {
            long left = back <= a.length ? a[a.length - back] : 1;
            long right = back <= b.length ? b[b.length - back] : 1;
            require(
                    left == right || left == 1 || right == 1,
                    operation,
                    text(a) + " and " + text(b) + " do not broadcast");
            result[rank - back] = left == 1 ? right : left;
        }
        return result;
    }

    static long[] sum(String operation, long[] x, boolean keep, int[] places) {
        boolean[] reduced = new boolean[x.length];
        for (int place : places) {
            require(!reduced[place], operation, "axis " + place + " is named twice");
            reduced[place] = true;
        }
        long[] result = new long[keep ? x.length : x.length - places.length];
        int next = 0;
        for (int place = 0; place < x.length; place++) {
            if (!reduced[place]) {
                result[next++] = x[place];
            } else if (keep) {
                result[next++] = 1;
            }
        }
        return result;
    }

    static long[] matmul(long[] a, long[] b) {
        require(
                a.length >= 2 && b.length >= 2 && a[a.length - 1] == b[b.length - 2],
                "matmul",
                text(a) + " times " + text(b));
        long[] outer = broadcast("matmul", Arrays.copyOf(a, a.length - 2), Arrays.copyOf(b, b.length - 2));
        long[] result = Arrays.copyOf(outer, outer.length + 2);
        result[outer.length] = a[a.length - 2];
        result[outer.length + 1] = b[b.length - 1];
        return result;
    }

    static long[] linear(long[] x, long[] w) {
        require(
                x.length >= 1 && w.length == 2 && x[x.length - 1] == w[1],
                "linear",
                text(x) + " with a weight of " + text(w));
        long[] result = x.clone();
        result[x.length - 1] = w[0];
        return result;
    }

    /** One number per channel, or nothing. */
    static void vector(String operation, String what, long[] shape, long length) {
        require(
                shape.length == 1 && shape[0] == length,
                operation,
                what + " of " + text(shape) + " where [" + length + "] is needed");
    }

    static long[] conv2d(long[] x, long[] w, int stride, int padding) {
        require(image(x) && w.length == 4 && x[1] == w[1], "conv2d", text(x) + " with a weight of " + text(w));
        require(stride > 0 && padding >= 0, "conv2d", "stride " + stride + ", padding " + padding);
        long height = window("conv2d", x[2] + 2L * padding, w[2], stride);
        long width = window("conv2d", x[3] + 2L * padding, w[3], stride);
        return new long[] {x[0], w[0], height, width};
    }

    private static long window(String operation, long size, long kernel, long stride) {
        require(size >= kernel, operation, "a window of " + kernel + " over " + size + " pixels");
        return (size - kernel) / stride + 1;
    }

    private static boolean image(long[] x) {
        return x.length == 4 && x[1] > 0 && x[2] > 0 && x[3] > 0;
    }

    static long[] pad2d(long[] x, int left, int right, int top, int bottom) {
        require(image(x), "pad2d", text(x) + " is not an image");
        require(
                left >= 0 && right >= 0 && top >= 0 && bottom >= 0,
                "pad2d",
                "negative padding " + List.of(left, right, top, bottom));
        return new long[] {x[0], x[1], x[2] + top + bottom, x[3] + left + right};
    }

    static long[] upsample2x(long[] x) {
        require(image(x), "upsampleNearest2x", text(x) + " is not an image");
        return new long[] {x[0], x[1], 2 * x[2], 2 * x[3]};
    }

    static long[] avgPool2d(long[] x, int kernel) {
        require(image(x) && kernel > 0, "avgPool2d", text(x) + " with windows of " + kernel);
        return new long[] {
            x[0], x[1], window("avgPool2d", x[2], kernel, kernel), window("avgPool2d", x[3], kernel, kernel)
        };
    }

    static void groupNorm(long[] x, int groups) {
        require(
                x.length >= 2 && groups > 0 && x[1] > 0 && x[1] % groups == 0,
                "groupNorm",
                text(x) + " in " + groups + " groups");
    }

    static long[] attention(long[] q, long[] k, long[] v, boolean causal) {
        boolean fits = q.length == 4 && k.length == 4 && v.length == 4;
        for (int place = 0; fits && place < 2; place++) {
            fits = q[place] == k[place] && k[place] == v[place];
        }
        fits = fits && q[3] == k[3] && k[2] == v[2] && (!causal || q[2] == k[2]);
        require(fits, "attention", "queries " + text(q) + ", keys " + text(k) + ", values " + text(v));
        return new long[] {q[0], q[1], q[2], v[3]};
    }

    static long[] embedding(long[] table, long[] indices) {
        require(
                table.length == 2 && indices.length == 2,
                "embedding",
                "table " + text(table) + ", indices " + text(indices));
        return new long[] {indices[0], indices[1], table[1]};
    }

    /** A target of one -1 is the batch if x has one, else whatever is left. */
    static long[] reshape(long[] x, long[] target) {
        long[] result = target.clone();
        long have = 1;
        boolean batched = false;
        for (long size : x) {
            batched |= size == BATCH;
            have *= size == BATCH ? 1 : size;
        }
        long want = 1;
        int open = -1;
        for (int place = 0; place < target.length; place++) {
            require(target[place] > 0 || target[place] == BATCH, "reshape", "a size of " + target[place]);
            if (target[place] == BATCH) {
                require(open < 0, "reshape", "more than one -1 in " + text(target));
                open = place;
            } else {
                want *= target[place];
            }
        }
        if (batched) {
            require(open >= 0 && have == want, "reshape", text(x) + " to " + text(target));
        } else if (open >= 0) {
            require(have % want == 0, "reshape", text(x) + " to " + text(target));
            result[open] = have / want;
        } else {
            require(have == want, "reshape", text(x) + " to " + text(target));
        }
        return result;
    }

    static long[] transpose(long[] x, int[] order) {
        require(order.length == x.length, "transpose", "order " + Arrays.toString(order) + " of " + text(x));
        long[] result = new long[x.length];
        boolean[] used = new boolean[x.length];
        for (int place = 0; place < order.length; place++) {
            int from = axis("transpose", order[place], x);
            require(!used[from], "transpose", "axis " + from + " is named twice");
            used[from] = true;
            result[place] = x[from];
        }
        return result;
    }

    static long[] concat(int place, List<long[]> parts) {
        long[] result = parts.get(0).clone();
        for (int i = 0; i < parts.size(); i++) {
            long[] part = parts.get(i);
            boolean fits = part.length == result.length && part[place] != BATCH;
            for (int other = 0; fits && other < part.length; other++) {
                fits = other == place || part[other] == result[other];
            }
            require(fits, "concat", text(part) + " to " + text(result) + " along axis " + place);
            if (i > 0) {
                result[place] += part[place];
            }
        }
        return result;
    }

    static long[] slice(long[] x, int place, long from, long to) {
        require(
                x[place] != BATCH && from >= 0 && from < to && to <= x[place],
                "slice",
                "[" + from + ", " + to + ") of axis " + place + " of " + text(x));
        long[] result = x.clone();
        result[place] = to - from;
        return result;
    }
}
