package org.plumbline.plugins.backend.onnxruntime;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Owns tensors and nested arenas. Sums are formed in float64 and rounded once. */
final class BufferArena implements TensorArena {
    private final RuntimeSession session;
    private final @Nullable BufferArena parent;
    private final Set<BufferTensor> tensors = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<BufferArena> children = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean closed;

    BufferArena(RuntimeSession session, @Nullable BufferArena parent) {
        this.session = session;
        this.parent = parent;
    }

    RuntimeSession session() {
        return session;
    }

    /** A new tensor with whatever is in its memory. */
    BufferTensor make(long... shape) {
        requireOpen();
        return own(new BufferTensor(this, shape, session.pool().take(size(shape)), true));
    }

    private BufferTensor own(BufferTensor tensor) {
        tensors.add(tensor);
        return tensor;
    }

    private static int size(long... shape) {
        long size = 1;
        boolean good = shape.length > 0;
        for (long length : shape) {
            good &= length > 0 && length <= Integer.MAX_VALUE;
            size = good ? size * length : 0;
            good &= size <= Integer.MAX_VALUE;
        }
        fits(good, () -> "a tensor of shape " + Arrays.toString(shape));
        return (int) size;
    }

    @Override
    public BufferTensor tensor(double[] values, long... shape) {
        fits(size(shape) == values.length, () -> "tensor: " + values.length + " values for " + Arrays.toString(shape));
        BufferTensor tensor = make(shape.clone());
        FloatBuffer target = tensor.numbers();
        for (int i = 0; i < values.length; i++) {
            target.put(i, (float) values[i]);
        }
        return tensor;
    }

    @Override
    public BufferTensor zeros(long... shape) {
        BufferTensor tensor = make(shape.clone());
        FloatBuffer target = tensor.numbers();
        for (int i = 0; i < target.capacity(); i++) {
            target.put(i, 0);
        }
        return tensor;
    }

    @Override
    public BufferTensor combine(double[] coefficients, List<Tensor> parts) {
        fits(
                !parts.isEmpty() && coefficients.length == parts.size(),
                () -> "combine: " + coefficients.length + " coefficients for " + parts.size() + " tensors");
        BufferTensor first = operand(parts.get(0));
        double[] sum = session.scratch(first.size());
        for (int part = 0; part < coefficients.length; part++) {
            BufferTensor x = operand(parts.get(part));
            sameShape("combine", x, first);
            FloatBuffer term = x.numbers();
            double factor = coefficients[part];
            for (int i = 0; i < first.size(); i++) {
                sum[i] = part == 0 ? factor * term.get(i) : sum[i] + factor * term.get(i);
            }
        }
        BufferTensor result = make(first.shape());
        FloatBuffer target = result.numbers();
        for (int i = 0; i < result.size(); i++) {
            target.put(i, (float) sum[i]);
        }
        return result;
    }

    @Override
    public BufferTensor scaleRows(double[] factors, Tensor x) {
        BufferTensor from = operand(x);
        fits(
                factors.length == from.rows(),
                () -> "scaleRows: " + factors.length + " factors for a tensor of " + Arrays.toString(from.sizes()));
        BufferTensor result = make(from.shape());
        FloatBuffer source = from.numbers();
        FloatBuffer target = result.numbers();
        int row = from.size() / factors.length;
        for (int i = 0, r = 0; r < factors.length; r++) {
            double factor = factors[r];
            for (int end = i + row; i < end; i++) {
                target.put(i, (float) (factor * source.get(i)));
            }
        }
        return result;
    }

    @Override
    public double[] dotRows(Tensor a, Tensor b) {
        BufferTensor left = operand(a);
        BufferTensor right = operand(b);
        sameShape("dotRows", left, right);
        FloatBuffer x = left.numbers();
        FloatBuffer y = right.numbers();
        double[] products = new double[left.rows()];
        int row = left.size() / products.length;
        for (int i = 0, r = 0; r < products.length; r++) {
            double sum = 0;
            for (int end = i + row; i < end; i++) {
                sum += (double) x.get(i) * y.get(i);
            }
            products[r] = sum;
        }
        return products;
    }

    @Override
    public BufferTensor rows(Tensor x, int from, int to) {
        BufferTensor whole = operand(x);
        fits(
                from >= 0 && from < to && to <= whole.rows(),
                () -> "rows [" + from + ", " + to + ") of a tensor of " + Arrays.toString(whole.sizes()));
        long[] shape = whole.shape();
        int row = whole.size() / whole.rows();
        shape[0] = (long) to - from;
        BufferTensor result = make(shape);
        result.numbers().put(0, whole.numbers(), from * row, (to - from) * row);
        return result;
    }

    @Override
    public BufferTensor concatRows(List<Tensor> parts) {
        fits(!parts.isEmpty(), () -> "concatRows: no parts");
        BufferTensor first = operand(parts.get(0));
        long[] shape = first.shape();
        shape[0] = 0;
        for (Tensor part : parts) {
            BufferTensor x = operand(part);
            fits(
                    Arrays.equals(x.sizes(), 1, x.sizes().length, first.sizes(), 1, first.sizes().length),
                    () -> "concatRows: " + Arrays.toString(x.sizes()) + " below " + Arrays.toString(first.sizes()));
            shape[0] += x.rows();
        }
        BufferTensor joined = make(shape);
        int at = 0;
        for (Tensor part : parts) {
            BufferTensor x = operand(part);
            joined.numbers().put(at, x.numbers(), 0, x.size());
            at += x.size();
        }
        return joined;
    }

    @Override
    public void accumulate(Tensor target, double factor, Tensor x) {
        BufferTensor sum = operand(target);
        BufferTensor term = operand(x);
        if (sum.owner() != this) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("accumulate into a tensor of another arena")
                    .remedy("adopt the tensor first, or accumulate through the arena that owns it")
                    .build();
        }
        sameShape("accumulate", sum, term);
        FloatBuffer into = sum.numbers();
        FloatBuffer from = term.numbers();
        for (int i = 0; i < sum.size(); i++) {
            into.put(i, (float) (into.get(i) + factor * from.get(i)));
        }
    }

    @Override
    public FloatBuffer memory(Tensor x) {
        return operand(x).numbers().duplicate().clear();
    }

    @Override
    public BufferTensor view(FloatBuffer memory, long... shape) {
        requireOpen();
        if (!memory.isDirect() || memory.order() != ByteOrder.nativeOrder()) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("a view of a buffer " + (memory.isDirect() ? "in " + memory.order() : "in the Java heap"))
                    .available("direct buffers in the machine's byte order, " + ByteOrder.nativeOrder())
                    .build();
        }
        fits(
                size(shape) == memory.remaining(),
                () -> "view: " + memory.remaining() + " numbers for " + Arrays.toString(shape));
        Block block = Block.over(session.engine().environment(), memory.slice());
        return own(new BufferTensor(this, shape.clone(), block, false));
    }

    @Override
    public BufferArena nested() {
        requireOpen();
        BufferArena child = new BufferArena(session, this);
        children.add(child);
        return child;
    }

    @Override
    public Tensor adopt(Tensor x) {
        BufferTensor tensor = operand(x);
        for (BufferArena arena = tensor.owner(); arena != this; arena = arena.parent) {
            if (arena.parent == null) {
                throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                        .asked("adopt a tensor of an arena that is not nested in this one")
                        .build();
            }
        }
        tensor.owner().forget(tensor);
        tensor.moveTo(this);
        return own(tensor);
    }

    void forget(BufferTensor tensor) {
        tensors.remove(tensor);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        tensors.forEach(BufferTensor::free);
        tensors.clear();
        // Children take themselves out of the set.
        List.copyOf(children).forEach(BufferArena::close);
        if (parent != null) {
            parent.children.remove(this);
        }
    }

    /** Checks that the arena is open and the tensor one of this session. */
    BufferTensor operand(Tensor x) {
        requireOpen();
        return BufferTensor.of(x, session);
    }

    void requireOpen() {
        if (closed) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("an arena was used after it had been closed")
                    .build();
        }
    }

    private static void sameShape(String operation, BufferTensor a, BufferTensor b) {
        fits(
                Arrays.equals(a.sizes(), b.sizes()),
                () -> operation + ": " + Arrays.toString(a.sizes()) + " and " + Arrays.toString(b.sizes()));
    }

    private static void fits(boolean holds, Supplier<String> problem) {
        if (!holds) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked(problem.get())
                    .build();
        }
    }
}
