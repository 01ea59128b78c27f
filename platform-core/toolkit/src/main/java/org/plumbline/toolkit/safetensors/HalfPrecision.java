package org.plumbline.toolkit.safetensors;

/** Conversions from and to the two formats of 16 bits. */
final class HalfPrecision {
    private static final int FRACTION = 0x3ff;
    private static final int EXPONENT = 0x1f;

    private HalfPrecision() {}

    /** The binary16 with these bits; every one has a float. */
    static float toFloat(short bits) {
        int sign = (bits & 0x8000) << 16;
        int exponent = bits >> 10 & EXPONENT;
        int fraction = bits & FRACTION;
        if (exponent == 0) {
            // Zero and subnormal numbers: multiples of 2^-24.
            return Float.intBitsToFloat(sign | Float.floatToRawIntBits(fraction * 0x1p-24f));
        }
        // The exponents of both formats count from elsewhere: 15 and 127. All ones mean infinite, or no number.
        int wide = exponent == EXPONENT ? 0xff : exponent + 127 - 15;
        return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
    }

    /** The bits of the nearest binary16, ties to even. */
    static short round(double value) {
        int sign = (int) (Double.doubleToRawLongBits(value) >>> 48) & 0x8000;
        double size = Math.abs(value);
        if (!(size < 65520)) { // half a unit beyond the largest number
            return (short) (sign | (Double.isNaN(value) ? 0x7e00 : 0x7c00));
        }
        int exponent = Math.max(-14, Math.getExponent(size));
        // The unit in the last place at this size is 2^(exponent - 10). A carry into the next exponent comes out right
        // because the formats are laid out in order of size.
        int units = (int) Math.rint(Math.scalb(size, 10 - exponent));
        return (short) (sign | (((exponent + 14) << 10) + units));
    }

    /** The bits of the nearest bfloat16, ties to even, which is the upper half of a float. */
    static short roundToUpperHalf(double value) {
        if (Double.isNaN(value)) {
            return (short) (Float.floatToRawIntBits((float) value) >>> 16 | 0x40);
        }
        int exponent = Math.max(Float.MIN_EXPONENT, Math.getExponent(value));
        if (exponent > Float.MAX_EXPONENT) {
            return (short) (Float.floatToRawIntBits((float) value) >>> 16);
        }
        // Rounded once, from all digits: rounding to a float first could make a tie of what is none.
        double rounded = Math.scalb(Math.rint(Math.scalb(value, 7 - exponent)), exponent - 7);
        return (short) (Float.floatToRawIntBits((float) rounded) >>> 16);
    }
}
