package org.plumbline.plugins.backend.djl.pytorch;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes the few kinds of Python objects of which a TorchScript archive's object table consists, in pickle protocol 2.
 * A pickle is a program for a stack machine; each method appends an instruction. Reference: the module
 * {@code pickletools} of Python.
 */
final class Pickle {
    private static final int PROTO = 0x80;
    private static final int MARK = '(';
    private static final int TUPLE = 't';
    private static final int EMPTY_TUPLE = ')';
    private static final int EMPTY_DICT = '}';
    private static final int SETITEMS = 'u';
    private static final int GLOBAL = 'c';
    private static final int REDUCE = 'R';
    private static final int BUILD = 'b';
    private static final int NEWOBJ = 0x81;
    private static final int BINPERSID = 'Q';
    private static final int BINUNICODE = 'X';
    private static final int BININT = 'J';
    private static final int NEWTRUE = 0x88;
    private static final int NEWFALSE = 0x89;
    private static final int STOP = '.';

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Pickle() {
        bytes.write(PROTO);
        bytes.write(2);
    }

    /** Begins an object without constructor arguments; its attributes follow as pairs of name and value. */
    Pickle beginObject(String module, String type) {
        return global(module, type).op(EMPTY_TUPLE, NEWOBJ, EMPTY_DICT, MARK);
    }

    Pickle endObject() {
        return op(SETITEMS, BUILD);
    }

    Pickle text(String value) {
        byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
        op(BINUNICODE).littleEndian(encoded.length);
        bytes.writeBytes(encoded);
        return this;
    }

    Pickle integer(int value) {
        return op(BININT).littleEndian(value);
    }

    Pickle bool(boolean value) {
        return op(value ? NEWTRUE : NEWFALSE);
    }

    Pickle emptyTuple() {
        return op(EMPTY_TUPLE);
    }

    private Pickle integers(long[] values) {
        op(MARK);
        for (long value : values) {
            integer(Math.toIntExact(value));
        }
        return op(TUPLE);
    }

    /**
     * A tensor, dense and row-major, that requires no gradient.
     *
     * @param key name of its storage in the archive
     * @param type of its numbers
     * @param size how many numbers the storage holds
     */
    Pickle tensor(String key, Precision type, int size, long[] shape, long[] strides) {
        global("torch._utils", "_rebuild_tensor_v2").op(MARK);
        op(MARK).text("storage")
                .global("torch", type.storage())
                .text(key)
                .text("cpu")
                .integer(size);
        op(TUPLE, BINPERSID);
        integer(0).integers(shape).integers(strides).bool(false);
        global("collections", "OrderedDict").op(EMPTY_TUPLE, REDUCE); // no hooks
        return op(TUPLE, REDUCE);
    }

    byte[] finish() {
        return op(STOP).bytes.toByteArray();
    }

    private Pickle global(String module, String name) {
        op(GLOBAL);
        bytes.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    private Pickle littleEndian(int value) {
        return op(value, value >>> 8, value >>> 16, value >>> 24);
    }

    /** Appends bytes; only the low eight bits of each number count. */
    private Pickle op(int... codes) {
        for (int code : codes) {
            bytes.write(code);
        }
        return this;
    }
}
