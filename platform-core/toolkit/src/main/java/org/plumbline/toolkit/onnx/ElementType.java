package org.plumbline.toolkit.onnx;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.plumbline.toolkit.safetensors.DataType;

/** The types of tensors that are read, by their numbers in the file. */
public enum ElementType {
    /** IEEE 754 binary32. */
    FLOAT(1, DataType.F32),
    /** An unsigned integer of 8 bits. */
    UINT8(2, null),
    /** A signed integer of 32 bits. */
    INT32(6, DataType.I32),
    /** A signed integer of 64 bits. */
    INT64(7, DataType.I64),
    /** A byte that is 0 or 1. */
    BOOL(9, null),
    /** IEEE 754 binary16. */
    FLOAT16(10, DataType.F16),
    /** IEEE 754 binary64. */
    DOUBLE(11, DataType.F64),
    /** The upper half of a binary32. */
    BFLOAT16(16, DataType.BF16);

    private final int code;
    private final @Nullable DataType stored;

    ElementType(int code, @Nullable DataType stored) {
        this.code = code;
        this.stored = stored;
    }

    /** True for the four types of real numbers. */
    public boolean real() {
        return this == FLOAT || this == FLOAT16 || this == DOUBLE || this == BFLOAT16;
    }

    /** The size of one number in bytes. */
    public int bytes() {
        return stored == null ? 1 : stored.bytes();
    }

    /** The next number. */
    double read(ByteBuffer data) {
        return stored == null ? data.get() & 0xff : stored.read(data);
    }

    /** The type with this number in the file. */
    static Optional<ElementType> of(long code) {
        return Arrays.stream(values()).filter(type -> type.code == code).findFirst();
    }
}
