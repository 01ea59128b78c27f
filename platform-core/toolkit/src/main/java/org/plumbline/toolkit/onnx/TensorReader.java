package org.plumbline.toolkit.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.onnx.Fields.Malformed;

/**
 * From the fields of an ONNX tensor to bytes: raw ones, those of the field of its type, or a piece of another file.
 *
 * <p>The name of that file comes from whoever made the model, so it may only lead to a file in the model's folder.
 */
final class TensorReader {
    private static final long EXTERNAL = 1;

    private final Path path;

    TensorReader(Path path) {
        this.path = path;
    }

    StoredTensor tensor(Fields fields) throws Malformed, IOException {
        String name = "";
        long code = 0;
        boolean external = false;
        List<Long> sizes = new ArrayList<>();
        ByteBuffer raw = null;
        List<Double> reals = new ArrayList<>();
        List<Long> integers = new ArrayList<>();
        Map<String, String> place = new HashMap<>();
        while (fields.next()) {
            switch (fields.number()) {
                case 1 -> fields.integers(sizes::add);
                case 2 -> code = fields.integer();
                case 4 -> fields.reals(false, reals::add);
                case 5, 7 -> fields.integers(integers::add);
                case 8 -> name = fields.text();
                case 9 -> raw = fields.bytes();
                case 10 -> fields.reals(true, reals::add);
                case 13 -> entry(fields.message(), place);
                case 14 -> external = fields.integer() == EXTERNAL;
                default -> {}
            }
        }
        ElementType type = type(name, code);
        long[] shape = sizes.stream().mapToLong(Long::longValue).toArray();
        long count = count(name, shape);
        if (count * type.bytes() > Integer.MAX_VALUE) {
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("tensor '" + name + "' of '" + path + "' has " + count + " numbers of " + type.bytes()
                            + " bytes")
                    .available("up to " + Integer.MAX_VALUE + " bytes")
                    .build();
        }
        ByteBuffer data = external
                ? external(name, place, count * type.bytes())
                : raw != null ? raw : type.real() ? bytes(type, reals, integers) : bytes(type, integers);
        if (data.remaining() != count * type.bytes()) {
            throw new Malformed("tensor '" + name + "' " + Arrays.toString(shape) + " of " + type + " should have "
                    + count * type.bytes() + " bytes and has " + data.remaining());
        }
        return new StoredTensor(name, type, shape, data);
    }

    ElementType type(String name, long code) {
        return ElementType.of(code)
                .orElseThrow(() -> PlumblineException.of(StandardError.UNSUPPORTED)
                        .asked("'" + name + "' of '" + path + "' has the element type " + code)
                        .available("float32, float16, bfloat16, float64, int64, int32, uint8, bool")
                        .build());
    }

    private static long count(String name, long... shape) throws Malformed {
        long count = 1;
        for (long size : shape) {
            if (size < 0 || (size > 0 && count > Integer.MAX_VALUE * 16L / size)) {
                throw new Malformed("tensor '" + name + "' has the sizes " + Arrays.toString(shape));
            }
            count *= size;
        }
        return count;
    }

    /** Real numbers; those of 16 bits are stored as integers with the same bits. */
    private static ByteBuffer bytes(ElementType type, List<Double> reals, List<Long> integers) {
        if (type == ElementType.FLOAT16 || type == ElementType.BFLOAT16) {
            ByteBuffer data = allocate(Short.BYTES, integers.size());
            integers.forEach(bits -> data.putShort(bits.shortValue()));
            return data.flip();
        }
        ByteBuffer data = allocate(type.bytes(), reals.size());
        for (double value : reals) {
            if (type == ElementType.DOUBLE) {
                data.putDouble(value);
            } else {
                data.putFloat((float) value);
            }
        }
        return data.flip();
    }

    private static ByteBuffer bytes(ElementType type, List<Long> integers) {
        ByteBuffer data = allocate(type.bytes(), integers.size());
        for (long value : integers) {
            switch (type.bytes()) {
                case Long.BYTES -> data.putLong(value);
                case Integer.BYTES -> data.putInt((int) value);
                default -> data.put((byte) value);
            }
        }
        return data.flip();
    }

    private static ByteBuffer allocate(int size, int count) {
        return ByteBuffer.allocate(size * count).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void entry(Fields entry, Map<String, String> into) throws Malformed {
        String key = "";
        String value = "";
        while (entry.next()) {
            switch (entry.number()) {
                case 1 -> key = entry.text();
                case 2 -> value = entry.text();
                default -> {}
            }
        }
        into.put(key, value);
    }

    private ByteBuffer external(String name, Map<String, String> place, long length) throws Malformed, IOException {
        Path file = inside(name, place.get("location"));
        if (!Files.isRegularFile(file)) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("tensor '" + name + "' of '" + path + "' lies in '" + file + "', which is not there")
                    .remedy("copy the file that belongs to the model beside it")
                    .build();
        }
        long offset = number(name, place.getOrDefault("offset", "0"));
        long stated = place.containsKey("length") ? number(name, place.get("length")) : length;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (stated != length || offset > channel.size() - length) {
                throw new Malformed("tensor '" + name + "' should be " + length + " bytes from " + offset + " on of '"
                        + file + "', which has " + channel.size() + " and is said to hold " + stated + " of it");
            }
            return channel.map(FileChannel.MapMode.READ_ONLY, offset, length);
        }
    }

    private Path inside(String name, @Nullable String location) throws Malformed, IOException {
        Path folder =
                Objects.requireNonNullElse(path.toAbsolutePath().normalize().getParent(), path);
        try {
            Path file = location == null || location.isEmpty()
                    ? null
                    : folder.resolve(location).normalize();
            boolean within = file != null
                    && file.startsWith(folder)
                    && (!Files.exists(file) || file.toRealPath().startsWith(folder.toRealPath()));
            if (file != null && within) {
                return file;
            }
        } catch (InvalidPathException e) {
            throw new Malformed("tensor '" + name + "' lies in '" + location + "', which is no file name");
        }
        throw new Malformed("tensor '" + name + "' lies in '" + location + "', outside the model's folder");
    }

    private static long number(String name, @Nullable String text) throws Malformed {
        try {
            long value = Long.parseLong(String.valueOf(text));
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new Malformed("tensor '" + name + "' lies at '" + text + "' of its file");
    }
}
