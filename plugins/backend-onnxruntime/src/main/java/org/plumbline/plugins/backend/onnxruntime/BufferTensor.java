package org.plumbline.plugins.backend.onnxruntime;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** A dense row-major float32 tensor in a block of memory. */
final class BufferTensor implements Tensor {
    private final long[] shape;
    private final boolean pooled;
    private BufferArena owner;
    private @Nullable Block block;

    /**
     * @param pooled whether the block goes back to the session's pool; otherwise the memory is somebody else's
     */
    BufferTensor(BufferArena owner, long[] shape, Block block, boolean pooled) {
        this.owner = owner;
        this.shape = shape;
        this.block = block;
        this.pooled = pooled;
    }

    /**
     * The tensor as one of this session.
     *
     * @throws PlumblineException {@link StandardError#PLUGIN_CONTRACT} if it is closed or of another session
     */
    static BufferTensor of(Tensor x, RuntimeSession session) {
        if (!(x instanceof BufferTensor tensor) || tensor.owner.session() != session) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("a tensor of shape " + Arrays.toString(x.shape())
                            + " was used in a session that did not make it")
                    .remedy("carry values between sessions with toDoubles, or with TensorArena.view")
                    .build();
        }
        tensor.block();
        return tensor;
    }

    Block block() {
        Block open = block;
        if (open == null) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("a tensor of shape " + Arrays.toString(shape) + " was used after it had been closed")
                    .remedy("keep what has to outlive an arena with TensorArena.adopt")
                    .build();
        }
        return open;
    }

    FloatBuffer numbers() {
        return block().numbers();
    }

    /** The sizes, not copied. */
    long[] sizes() {
        return shape;
    }

    int size() {
        return block().size();
    }

    BufferArena owner() {
        return owner;
    }

    void moveTo(BufferArena arena) {
        owner = arena;
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }

    @Override
    public double[] toDoubles() {
        FloatBuffer source = numbers();
        double[] values = new double[size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = source.get(i);
        }
        return values;
    }

    @Override
    public void close() {
        owner.forget(this);
        free();
    }

    /** Gives the memory back, for the owner. */
    void free() {
        Block open = block;
        block = null;
        if (open == null) {
            return;
        }
        if (pooled) {
            owner.session().pool().give(open);
        } else {
            open.close();
        }
    }
}
