package org.plumbline.plugins.backend.djl.pytorch;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The file in which libtorch keeps a program: a zip of uncompressed entries with the text of one class, an object table
 * that says which attributes the one object of that class has, and the raw numbers of each tensor. Weights are asked for
 * one at a time while the file is written, so that a large model is never held twice.
 */
final class TorchScriptArchive {
    /** The name of the class in the text. */
    static final String TYPE = "M";

    private static final String FOLDER = "m/";
    private static final String MODULE = "__torch__";
    /** The first time a zip can express (1980-01-01): the same program gives the same bytes. */
    private static final long EPOCH = 315_532_800_000L;

    private final String text;
    private final List<Attribute> attributes;

    /**
     * @param text the class {@link #TYPE}
     * @param attributes the tensors it declares, in any order
     */
    TorchScriptArchive(String text, List<Attribute> attributes) {
        this.text = text;
        this.attributes = List.copyOf(attributes);
    }

    /**
     * A tensor attribute of the program's object.
     *
     * @param name the Python name
     * @param values gives the numbers, row-major
     * @param type how they are stored
     * @param shape their sizes
     */
    record Attribute(String name, Supplier<float[]> values, Precision type, long... shape) {
        int size() {
            long size = 1;
            for (long length : shape) {
                size = Math.multiplyExact(size, length);
            }
            return Math.toIntExact(size);
        }

        private long[] strides() {
            long[] strides = new long[shape.length];
            long step = 1;
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                strides[axis] = step;
                step *= shape[axis];
            }
            return strides;
        }

        private byte[] bytes() {
            return type.encode(values.get());
        }
    }

    /** Writes the archive to this file, which exists and is the caller's to delete. */
    void write(Path file) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            entry(zip, "data.pkl", objectTable());
            entry(zip, "code/" + MODULE + ".py", text.getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < attributes.size(); i++) {
                entry(zip, "data/" + i, attributes.get(i).bytes());
            }
            entry(zip, "constants.pkl", new Pickle().emptyTuple().finish());
            entry(zip, "version", "10\n".getBytes(StandardCharsets.US_ASCII));
            entry(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private byte[] objectTable() {
        Pickle table = new Pickle().beginObject(MODULE, TYPE);
        table.text("training").bool(false);
        for (int i = 0; i < attributes.size(); i++) {
            Attribute attribute = attributes.get(i);
            table.text(attribute.name());
            table.tensor(
                    Integer.toString(i), attribute.type(), attribute.size(), attribute.shape(), attribute.strides());
        }
        return table.endObject().finish();
    }

    private static void entry(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 checksum = new CRC32();
        checksum.update(content);
        ZipEntry entry = new ZipEntry(FOLDER + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCompressedSize(content.length);
        entry.setCrc(checksum.getValue());
        entry.setTime(EPOCH);
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
