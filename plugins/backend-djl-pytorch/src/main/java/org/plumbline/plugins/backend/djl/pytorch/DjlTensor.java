package org.plumbline.plugins.backend.djl.pytorch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** A dense row-major float32 tensor of libtorch that shares its memory with no other. */
final class DjlTensor implements Tensor {
    private final NDArray array;
    private final long[] shape;
    private DjlArena owner;
    private boolean closed;

    DjlTensor(DjlArena owner, NDArray array) {
        this.owner = owner;
        this.array = array;
        shape = array.getShape().getShape();
    }

    /** The native array, for a call within this session. */
    NDArray array(DjlSession session) {
        if (closed || owner.isClosed()) {
            throw misuse("a tensor of shape " + Arrays.toString(shape) + " was used after it had been closed");
        }
        if (owner.session() != session) {
            throw misuse("a tensor of shape " + Arrays.toString(shape) + " was used in a session that did not make it");
        }
        return array;
    }

    DjlArena owner() {
        return owner;
    }

    void moveTo(DjlArena arena) {
        array.attach(arena.manager());
        owner = arena;
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }

    @Override
    public int rows() {
        return shape.length == 0 ? 1 : Math.toIntExact(shape[0]);
    }

    @Override
    public double[] toDoubles() {
        return LibtorchFailure.during("download", () -> toDoubles(array(owner.session())));
    }

    private static double[] toDoubles(NDArray here) {
        boolean onHost = here.getDevice().equals(Device.cpu());
        NDArray host = onHost ? here : here.toDevice(Device.cpu(), true);
        try {
            FloatBuffer source = host.toByteBuffer(true).asFloatBuffer(); // libtorch's own memory, no copy
            double[] values = new double[source.remaining()];
            for (int i = 0; i < values.length; i++) {
                values[i] = source.get(i);
            }
            return values;
        } finally {
            if (!onHost) {
                host.close();
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        if (!owner.isClosed()) {
            array.close();
        }
    }

    private static PlumblineException misuse(String problem) {
        return PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                .asked(problem)
                .remedy("keep what has to outlive an arena with TensorArena.adopt, and carry values between sessions"
                        + " with toDoubles")
                .build();
    }
}
