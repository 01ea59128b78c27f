package org.plumbline.toolkit.safetensors;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** How a number is stored. The constant's name is the one in the file. */
public enum DataType {
    /** IEEE 754 binary64. */
    F64(8) {
        @Override
        public double read(ByteBuffer data) {
            return data.getDouble();
        }
    },
    /** IEEE 754 binary32. */
    F32(4) {
        @Override
        public double read(ByteBuffer data) {
            return data.getFloat();
        }
    },
    /** IEEE 754 binary16: 5 bits of exponent, 10 of fraction. */
    F16(2) {
        @Override
        public double read(ByteBuffer data) {
            return half(data.getShort());
        }
    },
    /** The upper half of a binary32: 8 bits of exponent, 7 of fraction. */
    BF16(2) {
        @Override
        public double read(ByteBuffer data) {
            return Float.intBitsToFloat(data.getShort() << 16);
        }
    },
    /** A signed integer of 64 bits; beyond 2^53 not every one has a double. */
    I64(8) {
        @Override
        public double read(ByteBuffer data) {
            return data.getLong();
        }
    },
    /** A signed integer of 32 bits. */
    I32(4) {
        @Override
        public double read(ByteBuffer data) {
            return data.getInt();
        }
    };

    private final int bytes;

    DataType(int bytes) {
        this.bytes = bytes;
    }

    /** The size of one number in bytes. */
    public int bytes() {
        return bytes;
    }

    /** The next number of a little-endian buffer as a double; exact but for large I64. */
    public abstract double read(ByteBuffer data);

    static Optional<DataType> of(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
    }

    private static double half(short bits) {
        int exponent = bits >> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        double magnitude;
        if (exponent == 0) {
            magnitude = fraction * 0x1p-24; // zero and subnormal numbers
        } else if (exponent == 0x1f) {
            magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
        } else {
            magnitude = Math.scalb(1 + fraction * 0x1p-10, exponent - 15);
        }
        return bits < 0 ? -magnitude : magnitude;
    }
}
