package org.plumbline.toolkit.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.DoubleConsumer;
import java.util.function.LongConsumer;

/**
 * The fields of a Protocol Buffers message, one after the other. What a field holds is read by the method of its type, or
 * skipped if none is called. Not thread-safe.
 */
final class Fields {
    /** Bytes that are not what was expected. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;
        private final String why;

        Malformed(String why) {
            super(why);
            this.why = why;
        }

        /** The end of a sentence about the file. */
        String why() {
            return why;
        }
    }

    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED_32 = 5;
    private static final int LONGEST_VARINT = 10;

    private final ByteBuffer bytes;
    private int number;
    private int wire;
    private boolean pending;

    Fields(ByteBuffer bytes) {
        this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Goes to the next field; false at the end of the message. */
    boolean next() throws Malformed {
        if (pending) {
            skip();
        }
        if (!bytes.hasRemaining()) {
            return false;
        }
        long key = varint();
        number = (int) (key >>> 3);
        wire = (int) (key & 7);
        if (number <= 0 || key >>> 3 > 1 << 29) {
            throw new Malformed("a field has the number " + (key >>> 3) + ", so it is no Protocol Buffers file");
        }
        pending = true;
        return true;
    }

    /** The number of the current field. */
    int number() {
        return number;
    }

    /** The value of an integer, enum or bool field. */
    long integer() throws Malformed {
        expect(VARINT);
        return varint();
    }

    /** The value of a float field. */
    float real() throws Malformed {
        expect(FIXED_32);
        need(Float.BYTES);
        return bytes.getFloat();
    }

    /** The content of a field of bytes, without copying it. */
    ByteBuffer bytes() throws Malformed {
        expect(LENGTH_DELIMITED);
        return delimited();
    }

    String text() throws Malformed {
        return StandardCharsets.UTF_8.decode(bytes()).toString();
    }

    /** The fields of a message in a field. */
    Fields message() throws Malformed {
        return new Fields(bytes());
    }

    /** The values of a repeated integer field, whether they are packed or one. */
    void integers(LongConsumer sink) throws Malformed {
        if (wire == VARINT) {
            sink.accept(integer());
            return;
        }
        Fields packed = new Fields(bytes());
        while (packed.bytes.hasRemaining()) {
            sink.accept(packed.varint());
        }
    }

    /** The values of a repeated float or double field, whether they are packed or one. */
    void reals(boolean doubles, DoubleConsumer sink) throws Malformed {
        int size = doubles ? Double.BYTES : Float.BYTES;
        ByteBuffer data = bytes;
        if (wire == LENGTH_DELIMITED) {
            data = bytes().order(ByteOrder.LITTLE_ENDIAN);
        } else {
            expect(doubles ? FIXED_64 : FIXED_32);
            need(size);
            data = data.slice(data.position(), size).order(ByteOrder.LITTLE_ENDIAN);
            bytes.position(bytes.position() + size);
        }
        if (data.remaining() % size != 0) {
            throw new Malformed("field " + number + " holds " + data.remaining() + " bytes of numbers of " + size);
        }
        while (data.hasRemaining()) {
            sink.accept(doubles ? data.getDouble() : data.getFloat());
        }
    }

    private void skip() throws Malformed {
        pending = false;
        switch (wire) {
            case VARINT -> varint();
            case FIXED_64 -> move(Long.BYTES);
            case FIXED_32 -> move(Integer.BYTES);
            case LENGTH_DELIMITED -> delimited();
            default -> throw new Malformed("field " + number + " has the unknown wire type " + wire);
        }
    }

    private void move(int count) throws Malformed {
        need(count);
        bytes.position(bytes.position() + count);
    }

    private ByteBuffer delimited() throws Malformed {
        long length = varint();
        if (length < 0 || length > bytes.remaining()) {
            throw new Malformed("it is truncated: field " + number + " would have " + Long.toUnsignedString(length)
                    + " bytes, and " + bytes.remaining() + " are left");
        }
        ByteBuffer content = bytes.slice(bytes.position(), (int) length);
        bytes.position(bytes.position() + (int) length);
        return content;
    }

    private long varint() throws Malformed {
        long value = 0;
        for (int i = 0; i < LONGEST_VARINT; i++) {
            need(1);
            byte next = bytes.get();
            value |= (long) (next & 0x7f) << (7 * i);
            if (next >= 0) {
                return value;
            }
        }
        throw new Malformed("an integer has more than " + LONGEST_VARINT + " bytes");
    }

    private void expect(int type) throws Malformed {
        if (wire != type) {
            throw new Malformed("field " + number + " has the wire type " + wire + " instead of " + type);
        }
        pending = false;
    }

    private void need(int count) throws Malformed {
        if (bytes.remaining() < count) {
            throw new Malformed("it is truncated: it ends within a field");
        }
    }
}
