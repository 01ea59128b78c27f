package org.plumbline.plugins.backend.djl.pytorch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;

/** A floating-point format in which a network multiplies. */
public enum Precision {
    /** 24 bits of precision: the format of everything outside the network. */
    FLOAT32(6, "FloatStorage", Float.BYTES),
    /** 8 bits of precision, the range of float32. */
    BFLOAT16(15, "BFloat16Storage", Short.BYTES),
    /** 11 bits of precision, a range from 6e-8 to 65504. */
    FLOAT16(5, "HalfStorage", Short.BYTES);

    private final int number;
    private final String storage;
    private final int bytes;

    Precision(int number, String storage, int bytes) {
        this.number = number;
        this.storage = storage;
        this.bytes = bytes;
    }

    /** PyTorch's number for the format. */
    int number() {
        return number;
    }

    /** PyTorch's name for memory that holds such numbers. */
    String storage() {
        return storage;
    }

    /** Numbers as they lie in memory, rounded to the nearest, ties to even. */
    byte[] encode(float[] numbers) {
        ByteBuffer buffer = ByteBuffer.allocate(Math.multiplyExact(numbers.length, bytes));
        buffer.order(ByteOrder.LITTLE_ENDIAN);
        for (float number : numbers) {
            switch (this) {
                case FLOAT32 -> buffer.putFloat(number);
                case BFLOAT16 -> buffer.putShort(toBfloat16(number));
                case FLOAT16 -> buffer.putShort(toFloat16(number));
            }
        }
        return buffer.array();
    }

    /** A bfloat16 is the upper half of a float32. */
    private static short toBfloat16(float number) {
        int bits = Float.floatToRawIntBits(number);
        if (Float.isNaN(number)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        int roundUp = 0x7fff + ((bits >>> 16) & 1);
        return (short) ((bits + roundUp) >>> 16);
    }

    private static short toFloat16(float number) {
        int sign = (Float.floatToRawIntBits(number) >>> 16) & 0x8000;
        float size = Math.abs(number);
        if (!(size < 65520)) { // half a unit beyond the largest number
            return (short) (sign | (Float.isNaN(number) ? 0x7e00 : 0x7c00));
        }
        int exponent = Math.max(-14, Math.getExponent(size));
        // The unit in the last place at this size is 2^(exponent - 10); rint rounds ties to even, and a carry into the
        // next exponent comes out right because the formats are laid out in order of size.
        int units = (int) Math.rint(Math.scalb((double) size, 10 - exponent));
        return (short) (sign | (((exponent + 14) << 10) + units));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
