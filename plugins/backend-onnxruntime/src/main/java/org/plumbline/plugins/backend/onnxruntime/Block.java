package org.plumbline.plugins.backend.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Numbers outside of the Java heap, and how ONNX Runtime sees them. What it sees is kept with the block, since a chain uses
 * the same blocks in the same shapes over and over.
 */
final class Block implements AutoCloseable {
    /** The size of a cache line: with less, vector instructions may straddle two. */
    private static final int ALIGNMENT = 64;

    private final OrtEnvironment environment;
    private final @Nullable Memory memory;
    private final FloatBuffer numbers;

    private @Nullable OnnxTensor whole;
    private long[] shape = {};
    private Map<String, OnnxTensor> parameters = Map.of();
    private @Nullable ThetaInputs theta;

    private Block(OrtEnvironment environment, @Nullable Memory memory, FloatBuffer numbers) {
        this.environment = environment;
        this.memory = memory;
        this.numbers = numbers;
    }

    /** Memory of its own, with whatever is in it. */
    static Block allocate(OrtEnvironment environment, int size) {
        long bytes = (long) size * Float.BYTES;
        Memory memory = new Memory(bytes + ALIGNMENT);
        long start = -Pointer.nativeValue(memory) & (ALIGNMENT - 1);
        FloatBuffer numbers = memory.getByteBuffer(start, bytes)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        return new Block(environment, memory, numbers);
    }

    /** Somebody else's memory. */
    static Block over(OrtEnvironment environment, FloatBuffer numbers) {
        return new Block(environment, null, numbers);
    }

    /** The numbers; positions are not to be relied upon. */
    FloatBuffer numbers() {
        return numbers;
    }

    int size() {
        return numbers.capacity();
    }

    /** The block as one tensor. It belongs to the block. */
    OnnxTensor as(long[] sizes) {
        OnnxTensor known = whole;
        if (known != null && Arrays.equals(shape, sizes)) {
            return known;
        }
        if (known != null) {
            known.close();
        }
        OnnxTensor made = tensor(0, size(), sizes);
        whole = made;
        shape = sizes.clone();
        return made;
    }

    /** The parameters of a network that lie in the block, by the names of its inputs. They belong to the block. */
    Map<String, OnnxTensor> as(ThetaInputs wanted) {
        if (theta != wanted) {
            closeParameters();
            Map<String, OnnxTensor> made = new HashMap<>();
            parameters = made;
            for (ThetaInputs.Window window : wanted.windows()) {
                made.put(window.input(), tensor(window.from(), window.size(), window.shape()));
            }
            theta = wanted;
        }
        return parameters;
    }

    private OnnxTensor tensor(int from, int length, long[] sizes) {
        try {
            return OnnxTensor.createTensor(environment, numbers.slice(from, length), sizes);
        } catch (OrtException cause) {
            throw OnnxRuntimeEngine.failure("a tensor of shape " + Arrays.toString(sizes), cause);
        }
    }

    private void closeParameters() {
        parameters.values().forEach(OnnxTensor::close);
        parameters = Map.of();
        theta = null;
    }

    /** Gives the memory back if it is the block's own. */
    @Override
    public void close() {
        closeParameters();
        if (whole != null) {
            whole.close();
            whole = null;
        }
        if (memory != null) {
            memory.close();
        }
    }
}
