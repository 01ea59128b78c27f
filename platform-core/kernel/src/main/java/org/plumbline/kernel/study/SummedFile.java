package org.plumbline.kernel.study;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;
import org.plumbline.toolkit.file.AtomicFile;

/**
 * Numbers in a file, bit by bit, with a checksum behind them; replaced atomically.
 *
 * @param path where it is
 */
record SummedFile(Path path) {
    /** Writes what is in the file. */
    @FunctionalInterface
    interface Content {
        /** Writes it in the order in which it will be read. */
        void to(DataOutputStream out) throws IOException;
    }

    void write(Content content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            content.to(out);
            byte[] written = bytes.toByteArray();
            out.writeLong(sum(written, written.length));
        } catch (IOException inMemory) {
            throw new IllegalStateException(inMemory);
        }
        AtomicFile.write(path, ByteBuffer.wrap(bytes.toByteArray()));
    }

    /** The content, or empty if the checksum does not fit it. */
    Optional<DataInputStream> read() throws IOException {
        byte[] bytes = Files.readAllBytes(path);
        int end = bytes.length - Long.BYTES;
        if (end < Long.BYTES || ByteBuffer.wrap(bytes).getLong(end) != sum(bytes, end)) {
            return Optional.empty();
        }
        return Optional.of(new DataInputStream(new ByteArrayInputStream(bytes, 0, end)));
    }

    static void write(DataOutputStream out, double[] values) throws IOException {
        out.writeInt(values.length);
        ByteBuffer buffer = ByteBuffer.allocate(Math.multiplyExact(values.length, Double.BYTES));
        Arrays.stream(values).forEach(buffer::putDouble);
        out.write(buffer.array());
    }

    static double[] read(DataInputStream in) throws IOException {
        int length = in.readInt();
        byte[] bytes = in.readNBytes(Math.multiplyExact(length, Double.BYTES));
        double[] values = new double[length];
        ByteBuffer.wrap(bytes).asDoubleBuffer().get(values);
        return values;
    }

    private static long sum(byte[] bytes, int end) {
        CRC32 sum = new CRC32();
        sum.update(bytes, 0, end);
        return sum.getValue();
    }
}
