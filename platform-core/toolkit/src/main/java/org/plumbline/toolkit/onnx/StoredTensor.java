package org.plumbline.toolkit.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A tensor as it lies in a file. Its numbers are read when they are asked for. Immutable and thread-safe.
 */
public final class StoredTensor {
    private final String name;
    private final ElementType type;
    private final long[] shape;
    private final ByteBuffer data;

    /** Over little-endian bytes, whose number was checked. */
    StoredTensor(String name, ElementType type, long[] shape, ByteBuffer data) {
        this.name = name;
        this.type = type;
        this.shape = shape.clone();
        this.data = data.asReadOnlyBuffer();
    }

    /** The name by which nodes refer to it; empty for the value of an attribute. */
    public String name() {
        return name;
    }

    /** How its numbers are stored. */
    public ElementType type() {
        return type;
    }

    /** Its sizes; none for a single number. */
    public long[] shape() {
        return shape.clone();
    }

    /** How many numbers it holds. */
    public int size() {
        return data.capacity() / type.bytes();
    }

    /** Its numbers, row-major; integers beyond 2^53 are rounded. */
    public double[] doubles() {
        ByteBuffer from = data.duplicate().rewind().order(ByteOrder.LITTLE_ENDIAN);
        double[] values = new double[size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = type.read(from);
        }
        return values;
    }

    /** Its numbers in float32, row-major. */
    public float[] floats() {
        ByteBuffer from = data.duplicate().rewind().order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[size()];
        if (type == ElementType.FLOAT) {
            from.asFloatBuffer().get(values);
        } else {
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) type.read(from);
            }
        }
        return values;
    }
}
