package org.plumbline.plugins.backend.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import com.sun.jna.Memory;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.ParameterLayout;

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
    private Map<String, OnnxTensor> windows = Map.of();
    private @Nullable ParameterLayout layout;

    private Block(OrtEnvironment environment, @Nullable Memory memory, FloatBuffer numbers) {
        this.environment = environment;
        this.memory = memory;
        this.numbers = numbers;
    }

    /** Memory of its own, with whatever is in it. */
    static Block allocate(OrtEnvironment environment, int size) {
        long bytes = (long) size * Float.BYTES;
        Memory memory = new Memory(bytes + ALIGNMENT);
        long start = -com.sun.jna.Pointer.nativeValue(memory) & (ALIGNMENT - 1);
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

    /**
     * The parameters that lie in the block, as tensors. They belong to the block.
     *
     * @param names of the tensors in the result, by the names in the layout
     */
    Map<String, OnnxTensor> as(ParameterLayout parameters, Map<String, String> names) {
        if (layout != parameters) {
            closeWindows();
            Map<String, OnnxTensor> made = new LinkedHashMap<>();
            windows = made;
            for (ParameterLayout.Entry entry : parameters.entries()) {
                made.put(names.get(entry.name()), tensor(entry.offset(), entry.size(), entry.shape()));
            }
            layout = parameters;
        }
        return windows;
    }

    private OnnxTensor tensor(int from, int length, long[] sizes) {
        try {
            return OnnxTensor.createTensor(environment, numbers.slice(from, length), sizes);
        } catch (OrtException cause) {
            throw OnnxRuntimeEngine.failure("a tensor of shape " + Arrays.toString(sizes), cause);
        }
    }

    private void closeWindows() {
        windows.values().forEach(OnnxTensor::close);
        windows = Map.of();
        layout = null;
    }

    /** Gives the memory back if it is the block's own. */
    @Override
    public void close() {
        closeWindows();
        if (whole != null) {
            whole.close();
            whole = null;
        }
        if (memory != null) {
            memory.close();
        }
    }
}
