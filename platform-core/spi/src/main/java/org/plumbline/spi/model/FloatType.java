package org.plumbline.spi.model;

/** How a model's numbers are stored. */
public enum FloatType {
    /** 11 bits of precision, up to 65504. */
    FLOAT16,
    /** 8 bits of precision, the range of float32. */
    BFLOAT16,
    /** 24 bits of precision. */
    FLOAT32
}
