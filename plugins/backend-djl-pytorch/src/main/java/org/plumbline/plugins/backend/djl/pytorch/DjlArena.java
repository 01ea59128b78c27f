package org.plumbline.plugins.backend.djl.pytorch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import com.sun.jna.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** An arena is one manager of native memory: closing it frees what it owns, whatever Java still refers to. */
final class DjlArena implements TensorArena {
    private final DjlSession session;
    private final @Nullable DjlArena parent;
    private final NDManager manager;
    /** Makes the results of a call belong to this arena. */
    private final NDArray marker;

    private boolean closed;

    DjlArena(DjlSession session, @Nullable DjlArena parent, NDManager manager) {
        this.session = session;
        this.parent = parent;
        this.manager = manager;
        marker = marker(manager);
    }

    /** A tensor that says to whom the results of a call belong. */
    static NDArray marker(NDManager owner) {
        return JniUtils.createEmptyNdArray(
                (PtNDManager) owner, new Shape(1), DataType.FLOAT32, owner.getDevice(), SparseFormat.DENSE);
    }

    DjlSession session() {
        return session;
    }

    NDManager manager() {
        return manager;
    }

    NDArray marker() {
        requireOpen();
        return marker;
    }

    boolean isClosed() {
        return closed || (parent == null ? session.isClosed() : parent.isClosed());
    }

    @Override
    public DjlTensor tensor(double[] values, long... shape) {
        requireOpen();
        Shape sizes = new Shape(shape);
        fits(sizes.size() == values.length, () -> "tensor: " + values.length + " values for " + Arrays.toString(shape));
        return compute("upload", () -> upload(values, sizes));
    }

    /** Copies values straight into memory that libtorch allocated; only another device needs a second copy. */
    private NDArray upload(double[] values, Shape shape) {
        NDArray host = empty(shape, DataType.FLOAT32);
        FloatBuffer target = nativeMemory(host).asFloatBuffer();
        for (int i = 0; i < values.length; i++) {
            target.put(i, (float) values[i]);
        }
        if (onHost()) {
            return host;
        }
        NDArray copy = host.toDevice(manager.getDevice(), true);
        host.close();
        return copy;
    }

    /** Coefficients of a kernel, on the host. */
    private NDArray coefficients(double... values) {
        NDArray host = empty(new Shape(values.length), DataType.FLOAT64);
        DoubleBuffer target = nativeMemory(host).asDoubleBuffer();
        target.put(values);
        return host;
    }

    private NDArray empty(Shape shape, DataType type) {
        return JniUtils.createEmptyNdArray((PtNDManager) manager, shape, type, Device.cpu(), SparseFormat.DENSE);
    }

    private static ByteBuffer nativeMemory(NDArray host) {
        return host.toByteBuffer(true);
    }

    @Override
    public DjlTensor zeros(long... shape) {
        requireOpen();
        return compute("zeros", () -> manager.zeros(new Shape(shape)));
    }

    @Override
    public DjlTensor combine(double[] coefficients, List<Tensor> tensors) {
        requireOpen();
        fits(
                !tensors.isEmpty() && coefficients.length == tensors.size(),
                () -> "combine: " + coefficients.length + " coefficients for " + tensors.size() + " tensors");
        List<NDArray> arrays = arrays("combine", tensors);
        NDArray sum = null;
        int next = 0;
        while (next < arrays.size()) {
            int carried = sum == null ? 0 : 1;
            int taken = Math.min(arrays.size() - next, ArenaKernels.TERMS - carried);
            double[] factors = new double[carried + taken];
            NDArray[] arguments = new NDArray[1 + carried + taken];
            if (sum != null) {
                factors[0] = 1;
                arguments[1] = sum;
            }
            for (int i = 0; i < taken; i++) {
                factors[carried + i] = coefficients[next + i];
                arguments[1 + carried + i] = arrays.get(next + i);
            }
            try (NDArray c = coefficients(factors)) {
                arguments[0] = c;
                NDArray result = session.kernels().call(marker, "combine" + factors.length, arguments);
                if (sum != null) {
                    sum.close();
                }
                sum = result;
            }
            next += taken;
        }
        return own(Objects.requireNonNull(sum));
    }

    @Override
    public DjlTensor scaleRows(double[] factors, Tensor x) {
        requireOpen();
        NDArray array = array(x);
        long[] shape = x.shape();
        fits(
                factors.length == x.rows(),
                () -> "scaleRows: " + factors.length + " factors for a tensor of " + Arrays.toString(x.shape()));
        Arrays.fill(shape, 1, shape.length, 1);
        return compute("scaleRows", () -> {
            try (NDArray column = upload(factors, new Shape(shape))) {
                return array.mul(column);
            }
        });
    }

    @Override
    public double[] dotRows(Tensor a, Tensor b) {
        requireOpen();
        sameShape("dotRows", a, b);
        try (NDArray products = session.kernels().call(marker, "dot", array(a), array(b))) {
            return LibtorchFailure.during("dotRows", products::toDoubleArray);
        }
    }

    @Override
    public DjlTensor rows(Tensor x, int from, int to) {
        requireOpen();
        fits(
                from >= 0 && from < to && to <= x.rows(),
                () -> "rows [" + from + ", " + to + ") of a tensor of " + Arrays.toString(x.shape()));
        NDArray array = array(x);
        return compute("rows", () -> {
            try (NDArray view = JniUtils.slice((PtNDArray) array, 0, from, to, 1)) {
                return view.duplicate();
            }
        });
    }

    @Override
    public DjlTensor concatRows(List<Tensor> parts) {
        requireOpen();
        fits(!parts.isEmpty(), () -> "concatRows: no parts");
        NDList arrays = new NDList();
        for (Tensor part : parts) {
            fits(
                    Arrays.equals(rowShape(part), rowShape(parts.get(0))),
                    () -> "concatRows: " + Arrays.toString(part.shape()) + " below "
                            + Arrays.toString(parts.get(0).shape()));
            arrays.add(array(part));
        }
        return compute("concatRows", () -> arrays.size() == 1 ? arrays.get(0).duplicate() : NDArrays.concat(arrays, 0));
    }

    private static long[] rowShape(Tensor x) {
        long[] shape = x.shape();
        shape[0] = 1;
        return shape;
    }

    @Override
    public void accumulate(Tensor target, double factor, Tensor x) {
        requireOpen();
        sameShape("accumulate", target, x);
        NDArray sum = array(target);
        if (((DjlTensor) target).owner() != this) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("accumulate into a tensor of another arena")
                    .remedy("adopt the tensor first, or accumulate through the arena that owns it")
                    .build();
        }
        try (NDArray c = coefficients(factor)) {
            session.kernels().call(marker, "accumulate", c, sum, array(x)).close();
        }
    }

    @Override
    public @Nullable FloatBuffer memory(Tensor x) {
        requireOpen();
        NDArray array = array(x);
        return onHost() ? nativeMemory(array).asFloatBuffer() : null;
    }

    @Override
    public @Nullable DjlTensor view(FloatBuffer memory, long... shape) {
        requireOpen();
        if (!memory.isDirect() || memory.order() != ByteOrder.nativeOrder()) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("a view of a buffer " + (memory.isDirect() ? "in " + memory.order() : "in the Java heap"))
                    .available("direct buffers in the machine's byte order, " + ByteOrder.nativeOrder())
                    .build();
        }
        Shape sizes = new Shape(shape);
        fits(
                sizes.size() == memory.remaining(),
                () -> "view: " + memory.remaining() + " numbers for " + Arrays.toString(shape));
        if (!onHost()) {
            return null;
        }
        // DJL takes bytes only; of a buffer of floats JNA finds the address.
        ByteBuffer bytes = Native.getDirectBufferPointer(memory.slice())
                .getByteBuffer(0, (long) memory.remaining() * Float.BYTES)
                .order(ByteOrder.nativeOrder());
        return own(JniUtils.createNdFromByteBuffer(
                (PtNDManager) manager, bytes, sizes, DataType.FLOAT32, SparseFormat.DENSE, Device.cpu()));
    }

    private boolean onHost() {
        return manager.getDevice().equals(Device.cpu());
    }

    @Override
    public DjlArena nested() {
        requireOpen();
        return new DjlArena(session, this, manager.newSubManager());
    }

    @Override
    public Tensor adopt(Tensor x) {
        requireOpen();
        array(x);
        DjlTensor tensor = (DjlTensor) x;
        if (!tensor.owner().isWithin(this)) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("adopt a tensor of an arena that is not nested in this one")
                    .build();
        }
        tensor.moveTo(this);
        return tensor;
    }

    private boolean isWithin(DjlArena other) {
        return this == other || (parent != null && parent.isWithin(other));
    }

    @Override
    public void close() {
        if (!closed) {
            boolean alive = !isClosed();
            closed = true;
            if (alive) {
                manager.close();
            }
        }
    }

    private DjlTensor compute(String what, Supplier<NDArray> work) {
        NDArray result = LibtorchFailure.during(what, work);
        result.attach(manager);
        return own(result);
    }

    /** Wraps an array that this arena's manager owns. */
    DjlTensor own(NDArray array) {
        return new DjlTensor(this, array);
    }

    /** The native array of a tensor of this session. */
    NDArray array(Tensor x) {
        if (x instanceof DjlTensor tensor) {
            return tensor.array(session);
        }
        throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                .asked("a tensor of another backend (" + x.getClass().getName() + ")")
                .remedy("carry values between backends with toDoubles")
                .build();
    }

    private List<NDArray> arrays(String operation, List<Tensor> tensors) {
        List<NDArray> arrays = new ArrayList<>();
        for (Tensor tensor : tensors) {
            sameShape(operation, tensor, tensors.get(0));
            arrays.add(array(tensor));
        }
        return arrays;
    }

    private static void sameShape(String operation, Tensor a, Tensor b) {
        fits(
                Arrays.equals(a.shape(), b.shape()),
                () -> operation + ": " + Arrays.toString(a.shape()) + " and " + Arrays.toString(b.shape()));
    }

    private static void fits(boolean holds, Supplier<String> problem) {
        if (!holds) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked(problem.get())
                    .build();
        }
    }

    private void requireOpen() {
        if (isClosed()) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("an arena was used after it had been closed")
                    .build();
        }
    }
}
