package org.plumbline.plugins.backend.onnxruntime;

import ai.onnxruntime.OrtEnvironment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Blocks that are not in use, by their size, so that a chain in its steady state allocates nothing. */
final class MemoryPool implements AutoCloseable {
    private final OrtEnvironment environment;
    private final Map<Integer, Deque<Block>> idle = new HashMap<>();
    private long allocations;

    MemoryPool(OrtEnvironment environment) {
        this.environment = environment;
    }

    /** A block with whatever is in it. */
    Block take(int size) {
        Deque<Block> blocks = idle.get(size);
        if (blocks != null && !blocks.isEmpty()) {
            return blocks.pop();
        }
        allocations++;
        try {
            return Block.allocate(environment, size);
        } catch (OutOfMemoryError cause) {
            throw PlumblineException.of(StandardError.OUT_OF_MEMORY)
                    .asked("not enough memory for a tensor of " + size + " numbers")
                    .remedy("use a smaller batch")
                    .cause(cause)
                    .build();
        }
    }

    /** Takes a block back. */
    void give(Block block) {
        idle.computeIfAbsent(block.size(), size -> new ArrayDeque<>()).push(block);
    }

    /** How many blocks were allocated so far. */
    long allocations() {
        return allocations;
    }

    /** Gives the memory of idle blocks back. */
    @Override
    public void close() {
        idle.values().forEach(blocks -> blocks.forEach(Block::close));
        idle.clear();
    }
}
