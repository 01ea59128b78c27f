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

        @Override
        public void write(double value, ByteBuffer into) {
            into.putDouble(value);
        }
    },
    /** IEEE 754 binary32. */
    F32(4) {
        @Override
        public double read(ByteBuffer data) {
            return data.getFloat();
        }

        @Override
        public void write(double value, ByteBuffer into) {
            into.putFloat((float) value);
        }
    },
    /** IEEE 754 binary16: 5 bits of exponent, 10 of fraction. */
    F16(2) {
        @Override
        public double read(ByteBuffer data) {
            return HalfPrecision.toFloat(data.getShort());
        }

        @Override
        public void write(double value, ByteBuffer into) {
            into.putShort(HalfPrecision.round(value));
        }
    },
    /** The upper half of a binary32: 8 bits of exponent, 7 of fraction. */
    BF16(2) {
        @Override
        public double read(ByteBuffer data) {
            return Float.intBitsToFloat(data.getShort() << 16);
        }

        @Override
        public void write(double value, ByteBuffer into) {
            into.putShort(HalfPrecision.roundToUpperHalf(value));
        }
    },
    /** A signed integer of 64 bits; beyond 2^53 not every one has a double. */
    I64(8) {
        @Override
        public double read(ByteBuffer data) {
            return data.getLong();
        }

        @Override
        public void write(double value, ByteBuffer into) {
            into.putLong((long) value);
        }
    },
    /** A signed integer of 32 bits. */
    I32(4) {
        @Override
        public double read(ByteBuffer data) {
            return data.getInt();
        }

        @Override
        public void write(double value, ByteBuffer into) {
            into.putInt((int) value);
        }
    },
    /** A signed integer of 16 bits. */
    I16(2) {
        @Override
        public double read(ByteBuffer data) {
            return data.getShort();
        }

        @Override
        public void write(double value, ByteBuffer into) {
            into.putShort((short) value);
        }
    },
    /** A signed integer of 8 bits. */
    I8(1) {
        @Override
        public double read(ByteBuffer data) {
            return data.get();
        }

        @Override
        public void write(double value, ByteBuffer into) {
            into.put((byte) value);
        }
    },
    /** An integer from 0 to 255. */
    U8(1) {
        @Override
        public double read(ByteBuffer data) {
            return data.get() & 0xff;
        }

        @Override
        public void write(double value, ByteBuffer into) {
            into.put((byte) (int) value);
        }
    },
    /** 0 or 1. */
    BOOL(1) {
        @Override
        public double read(ByteBuffer data) {
            return data.get() == 0 ? 0 : 1;
        }

        @Override
        public void write(double value, ByteBuffer into) {
            into.put((byte) (value == 0 ? 0 : 1));
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

    /**
     * Appends a number to a little-endian buffer: rounded to the nearest, ties to even; of a floating-point type infinite
     * where it is too large, of an integer type without what is behind the point.
     */
    public abstract void write(double value, ByteBuffer into);

    static Optional<DataType> of(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
    }
}
