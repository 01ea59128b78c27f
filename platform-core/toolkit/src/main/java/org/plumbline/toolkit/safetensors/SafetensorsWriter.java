package org.plumbline.toolkit.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.file.AtomicFile;

/**
 * Collects tensors and writes them to a file. The bytes depend only on what was added, not on its order: wide types come
 * first so that every number is aligned, then names decide. Not thread-safe.
 */
public final class SafetensorsWriter {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int CHUNK = 1 << 16;

    private final Map<String, String> metadata = new TreeMap<>();
    private final Map<String, Entry> entries = new TreeMap<>();

    /** Puts one number of a tensor into a buffer. */
    private interface Put {
        void at(int index, ByteBuffer into);
    }

    /** Writes all bytes of a tensor. */
    private interface Content {
        void writeTo(FileChannel channel, ByteBuffer buffer) throws IOException;
    }

    private record Entry(String name, DataType type, long count, Content content, long... shape) {
        static Entry of(String name, DataType type, int count, Put values, long... shape) {
            return new Entry(
                    name, type, count, (channel, buffer) -> putAll(type, count, values, channel, buffer), shape);
        }
    }

    private SafetensorsWriter() {}

    /** Starts an empty file. */
    public static SafetensorsWriter create() {
        return new SafetensorsWriter();
    }

    /** Adds a free text entry. Files for PyTorch carry format = pt. */
    public SafetensorsWriter metadata(String key, String value) {
        metadata.put(key, value);
        return this;
    }

    /** Adds a tensor of type F32. The array is not copied. */
    public SafetensorsWriter add(String name, float[] values, long... shape) {
        return add(Entry.of(name, DataType.F32, values.length, (i, into) -> into.putFloat(values[i]), shape.clone()));
    }

    /** Adds a tensor of type F64. The array is not copied. */
    public SafetensorsWriter add(String name, double[] values, long... shape) {
        return add(Entry.of(name, DataType.F64, values.length, (i, into) -> into.putDouble(values[i]), shape.clone()));
    }

    /** Adds a tensor of type I64. The array is not copied. */
    public SafetensorsWriter add(String name, long[] values, long... shape) {
        return add(Entry.of(name, DataType.I64, values.length, (i, into) -> into.putLong(values[i]), shape.clone()));
    }

    /**
     * Adds a tensor of type F32 that is a part of a float64 vector, such as one parameter of theta. The array is not
     * copied.
     *
     * @param from index of its first number
     */
    public SafetensorsWriter addRounded(String name, double[] vector, int from, long... shape) {
        int count = count(shape);
        if (from < 0 || count > vector.length - from) {
            throw new IllegalArgumentException("tensor '" + name + "': " + count + " numbers from " + from
                    + " on are more than the vector's " + vector.length);
        }
        return add(Entry.of(
                name, DataType.F32, count, (i, into) -> into.putFloat((float) vector[from + i]), shape.clone()));
    }

    /**
     * Adds a tensor whose values are asked for when it is written, and let go of then: so that a large file is never held
     * as a whole.
     *
     * @param values row-major; rounded to the type
     */
    public SafetensorsWriter add(String name, DataType type, Supplier<double[]> values, long... shape) {
        return add(new Entry(
                name,
                type,
                product(shape),
                (channel, buffer) -> {
                    double[] numbers = values.get();
                    if (numbers.length != product(shape)) {
                        throw new IllegalArgumentException("tensor '" + name + "': " + numbers.length + " numbers for "
                                + product(shape) + " places");
                    }
                    putAll(type, numbers.length, (i, into) -> type.write(numbers[i], into), channel, buffer);
                },
                shape.clone()));
    }

    /** Adds a tensor of another file, byte by byte. The file has to stay open until this one is written. */
    public SafetensorsWriter add(SafetensorsFile source, String name) {
        return add(name, source, name, 0, source.shape(name));
    }

    /**
     * Adds numbers of a tensor of another file, byte by byte, under another name or in another shape. The file has to stay
     * open until this one is written.
     *
     * @param stored the tensor's name in the other file
     * @param from index of the first number
     */
    public SafetensorsWriter add(String name, SafetensorsFile source, String stored, long from, long... shape) {
        DataType type = source.type(stored);
        long count = product(shape);
        long available = source.bytes(stored) / type.bytes();
        if (from < 0 || count > available - from) {
            throw new IllegalArgumentException("tensor '" + name + "': " + count + " numbers from " + from
                    + " on are more than the " + available + " of '" + stored + "'");
        }
        Content content = (channel, buffer) -> source.copy(stored, from * type.bytes(), count * type.bytes(), channel);
        return add(new Entry(name, type, count, content, shape.clone()));
    }

    private SafetensorsWriter add(Entry entry) {
        if (product(entry.shape) != entry.count) {
            throw new IllegalArgumentException(
                    "tensor '" + entry.name + "': " + entry.count + " numbers for " + product(entry.shape) + " places");
        }
        if (entries.putIfAbsent(entry.name, entry) != null) {
            throw new IllegalArgumentException("tensor '" + entry.name + "' is added twice");
        }
        return this;
    }

    private static int count(long... shape) {
        return Math.toIntExact(product(shape));
    }

    private static long product(long... shape) {
        long count = 1;
        for (long size : shape) {
            count = Math.multiplyExact(count, size);
        }
        return count;
    }

    /**
     * Writes the file atomically.
     *
     * @throws PlumblineException {@link StandardError#UNWRITABLE_OUTPUT}
     */
    public void write(Path target) {
        List<Entry> inOrder = new ArrayList<>(entries.values());
        inOrder.sort(Comparator.comparing((Entry entry) -> -entry.type.bytes()).thenComparing(Entry::name));
        AtomicFile.write(target, channel -> {
            ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
            byte[] header = header(inOrder);
            drain(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length), channel);
            drain(ByteBuffer.wrap(header), channel);
            for (Entry entry : inOrder) {
                entry.content.writeTo(channel, buffer);
            }
        });
    }

    private static void putAll(DataType type, int count, Put values, FileChannel channel, ByteBuffer buffer)
            throws IOException {
        for (int i = 0; i < count; i++) {
            values.at(i, buffer);
            if (buffer.remaining() < type.bytes()) {
                drain(buffer.flip(), channel);
                buffer.clear();
            }
        }
        drain(buffer.flip(), channel);
        buffer.clear();
    }

    private byte[] header(List<Entry> inOrder) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart("__metadata__");
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            long end = 0;
            for (Entry entry : inOrder) {
                long begin = end;
                end += entry.count * entry.type.bytes();
                json.writeObjectFieldStart(entry.name);
                json.writeStringField("dtype", entry.type.name());
                json.writeFieldName("shape");
                json.writeArray(entry.shape, 0, entry.shape.length);
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {begin, end}, 0, 2);
                json.writeEndObject();
            }
            json.writeEndObject();
        }
        // Spaces after the brace are allowed; they make the data start at a multiple of eight.
        while (bytes.size() % Long.BYTES != 0) {
            bytes.write(' ');
        }
        return bytes.toByteArray();
    }

    private static void drain(ByteBuffer buffer, FileChannel channel) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
