package org.plumbline.toolkit.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class SafetensorsTest {
    @TempDir
    private Path folder;

    @Test
    void what_is_written_is_read_back() {
        float[] floats = {1.5f, -2, Float.MIN_VALUE, Float.MAX_VALUE, 0, -0f};
        double[] doubles = {Math.PI, Double.MIN_VALUE};
        long[] longs = {Long.MIN_VALUE, 7};
        Path path = folder.resolve("new folder").resolve("x.safetensors");
        SafetensorsWriter.create()
                .metadata("format", "pt")
                .add("b", floats, 2, 3)
                .add("a.\"quoted\" ü", doubles, 2)
                .add("ids", longs, 1, 2)
                .add("scalar", new float[] {3})
                .add("empty", new float[0], 0, 4)
                .addRounded("part", new double[] {9, 0.1, 0.2, 9}, 1, 2)
                .write(path);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertEquals(Map.of("format", "pt"), file.metadata());
            assertEquals(List.of("a.\"quoted\" ü", "ids", "b", "empty", "part", "scalar"), List.copyOf(file.names()));
            assertArrayEquals(floats, file.floats("b"));
            assertArrayEquals(new long[] {2, 3}, file.shape("b"));
            assertArrayEquals(doubles, file.doubles("a.\"quoted\" ü"));
            assertArrayEquals(new float[] {(float) Math.PI, 0}, file.floats("a.\"quoted\" ü"));
            assertArrayEquals(new double[] {Long.MIN_VALUE, 7}, file.doubles("ids"));
            assertArrayEquals(new float[] {3}, file.floats("scalar"));
            assertArrayEquals(new long[0], file.shape("scalar"));
            assertEquals(0, file.floats("empty").length);
            assertArrayEquals(new double[] {0.1f, 0.2f}, file.doubles("part"));
            assertEquals(DataType.I64, file.type("ids"));
            assertFalse(file.contains("c"));
        }
    }

    @Test
    void large_tensors_cross_the_writers_buffer() {
        double[] values = new double[100_003];
        Arrays.setAll(values, i -> i * 0.5);
        Path path = folder.resolve("x.safetensors");
        SafetensorsWriter.create()
                .add("f64", values, 100_003)
                .addRounded("f32", values, 0, 100_003)
                .write(path);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertArrayEquals(values, file.doubles("f64"));
            assertArrayEquals(values, file.doubles("f32"));
        }
    }

    @Test
    void the_bytes_do_not_depend_on_the_order_of_adding() throws IOException {
        SafetensorsWriter.create()
                .add("a", new float[1], 1)
                .add("b", new long[1], 1)
                .write(folder.resolve("1"));
        SafetensorsWriter.create()
                .add("b", new long[1], 1)
                .add("a", new float[1], 1)
                .write(folder.resolve("2"));
        assertArrayEquals(Files.readAllBytes(folder.resolve("1")), Files.readAllBytes(folder.resolve("2")));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(2, files.count(), "no temporary file stays behind");
        }
    }

    @Test
    void half_precision_numbers_are_exact() throws IOException {
        short[] f16 = {0x3c00, (short) 0xc000, 0x3555, 0x0001, 0x7bff, 0x7c00, (short) 0x8000};
        double[] expected = {1, -2, 0.333251953125, 0x1p-24, 65504, Double.POSITIVE_INFINITY, -0.0};
        short[] bf16 = {0x3f80, (short) 0xc040, 0x4049};
        ByteBuffer data = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
        for (short bits : f16) {
            data.putShort(bits);
        }
        for (short bits : bf16) {
            data.putShort(bits);
        }
        Path path = file(
                "{\"h\":{\"dtype\":\"F16\",\"shape\":[7],\"data_offsets\":[0,14]},"
                        + "\"b\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[14,20]}}",
                data.array());
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertArrayEquals(expected, file.doubles("h"));
            assertArrayEquals(new double[] {1, -3, 3.140625}, file.doubles("b"));
            assertArrayEquals(new float[] {1, -3, 3.140625f}, file.floats("b"));
        }
    }

    @ParameterizedTest
    @MethodSource
    void a_malformed_file_is_refused_with_the_reason(String header, int dataSize, String reason) throws IOException {
        Path path = file(header, new byte[dataSize]);
        PlumblineException e = assertThrows(PlumblineException.class, () -> SafetensorsFile.open(path));
        assertEquals(StandardError.MALFORMED_FILE, e.code());
        assertTrue(e.getMessage().contains(reason), e.getMessage());
        assertTrue(e.getMessage().contains(path.toString()), e.getMessage());
    }

    static Stream<Arguments> a_malformed_file_is_refused_with_the_reason() {
        String a = "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";
        return Stream.of(
                Arguments.of("{" + a + "}", 7, "truncated: tensor 'a' ends 1 bytes after"),
                Arguments.of("{" + a + "}", 9, "1 bytes at its end belong to no tensor"),
                Arguments.of("{" + a + "," + a + "}", 8, "duplicate"),
                Arguments.of(
                        "{" + a + ",\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
                        12,
                        "'a' and 'b' overlap"),
                Arguments.of(
                        "{" + a + ",\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]}}",
                        16,
                        "4 bytes between a and 'b'"),
                Arguments.of("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "needs 12 bytes"),
                Arguments.of(
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "negative number -2"),
                Arguments.of(
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}",
                        8,
                        "impossible shape"),
                Arguments.of(
                        "{\"a\":{\"dtype\":\"Q4\",\"shape\":[2],\"data_offsets\":[0,8]}}",
                        8,
                        "data type Q4; known are"),
                Arguments.of("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "needs dtype, shape and two"),
                Arguments.of("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1}}", 8, "'x'"),
                Arguments.of("{\"__metadata__\":{\"a\":1}," + a + "}", 8, "__metadata__.a"),
                Arguments.of("[]", 0, "should be START_OBJECT"),
                Arguments.of("{" + a, 8, "not a JSON object"),
                Arguments.of("{" + a + "} x", 8, "JSON"));
    }

    @Test
    void a_file_cut_at_any_byte_is_refused() throws IOException {
        Path whole = folder.resolve("whole");
        SafetensorsWriter.create().add("a", new float[] {1, 2}, 2).write(whole);
        byte[] bytes = Files.readAllBytes(whole);
        for (int length = 0; length < bytes.length; length++) {
            Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(bytes, length));
            PlumblineException e = assertThrows(PlumblineException.class, () -> SafetensorsFile.open(cut));
            assertTrue(e.getMessage().contains("truncated"), e.getMessage());
        }
    }

    @Test
    void something_else_than_safetensors_is_recognised() throws IOException {
        Path text = Files.writeString(folder.resolve("model.bin"), "version https://git-lfs.github.com/spec/v1\n");
        PlumblineException e = assertThrows(PlumblineException.class, () -> SafetensorsFile.open(text));
        assertTrue(e.getMessage().contains("pointer of Git LFS"), e.getMessage());
        assertTrue(e.getMessage().contains("git lfs pull"), e.getMessage());
        Path other = Files.write(folder.resolve("other"), new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9});
        e = assertThrows(PlumblineException.class, () -> SafetensorsFile.open(other));
        assertTrue(e.getMessage().contains("not a safetensors file"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"504b030400000000", "504b030414000008", "80028a0a6cfc9c46", "8004950a00000000", "80027d71"})
    void a_pickle_under_whatever_name_is_refused_unread_with_how_to_convert_it(String start) throws IOException {
        byte[] bytes = Arrays.copyOf(HexFormat.of().parseHex(start), 40);
        Path pickle = Files.write(folder.resolve("model.safetensors"), bytes);
        PlumblineException e = assertThrows(PlumblineException.class, () -> SafetensorsFile.open(pickle));
        assertEquals(StandardError.MALFORMED_FILE, e.code());
        assertTrue(e.getMessage().contains("may hold code and is never read"), e.getMessage());
        assertTrue(e.getMessage().contains("convert it to safetensors"), e.getMessage());
    }

    @Test
    void a_header_whose_length_looks_like_the_start_of_a_pickle_is_read() throws IOException {
        String header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
        Path path = file(header + " ".repeat(0x0280 - header.length()), new byte[4]);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertEquals(0x80, Files.readAllBytes(path)[0] & 0xff);
            assertArrayEquals(new double[1], file.doubles("a"));
        }
    }

    @Test
    void numbers_are_rounded_to_the_nearest_of_their_type() {
        double[] values = {
            1,
            -2,
            1 + 0x1p-11,
            1 + 0x3p-11,
            1 + 0x1p-11 + 0x1p-40,
            65504,
            65519.9,
            65520,
            0x1p-24,
            0x1p-25,
            0x3p-25,
            -0.0
        };
        double[] f16 = {
            1, -2, 1, 1 + 0x1p-9, 1 + 0x1p-10, 65504, 65504, Double.POSITIVE_INFINITY, 0x1p-24, 0, 0x1p-23, -0.0
        };
        // The first is a tie in float, and none in double.
        double[] fine = {1 + 0x1p-8 + 0x1p-40, 1 + 0x1p-8, 3.140625, -0x1p-133, 1e39, -0.0};
        double[] bf16 = {1 + 0x1p-7, 1, 3.140625, -0x1p-133, Double.POSITIVE_INFINITY, -0.0};
        double[] whole = {3, 1, 200, 0};
        Path path = folder.resolve("x.safetensors");
        SafetensorsWriter.create()
                .add("f16", DataType.F16, () -> values, values.length)
                .add("bf16", DataType.BF16, () -> fine, fine.length)
                .add("f32", DataType.F32, () -> new double[] {0.1}, 1)
                .add("f64", DataType.F64, () -> new double[] {0.1}, 1)
                .add("i64", DataType.I64, () -> whole, 4)
                .add("i16", DataType.I16, () -> whole, 4)
                .add("u8", DataType.U8, () -> whole, 4)
                .add("i8", DataType.I8, () -> new double[] {-3}, 1)
                .add("bool", DataType.BOOL, () -> whole, 4)
                .write(path);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertArrayEquals(f16, file.doubles("f16"));
            assertArrayEquals(bf16, file.doubles("bf16"));
            for (int i = 0; i < f16.length; i++) {
                assertEquals((float) f16[i], file.floats("f16")[i]);
            }
            assertArrayEquals(new double[] {0.1f}, file.doubles("f32"));
            assertArrayEquals(new double[] {0.1}, file.doubles("f64"));
            for (String name : List.of("i64", "i16", "u8")) {
                assertArrayEquals(whole, file.doubles(name), name);
            }
            assertArrayEquals(new double[] {-3}, file.doubles("i8"));
            assertArrayEquals(new double[] {1, 1, 1, 0}, file.doubles("bool"));
            assertEquals(24, file.bytes("f16"));
            Path copy = folder.resolve("copy.safetensors");
            SafetensorsWriter writer = SafetensorsWriter.create();
            file.names().forEach(name -> writer.add(file, name));
            writer.write(copy);
            assertArrayEquals(Files.readAllBytes(path), Files.readAllBytes(copy));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void every_half_survives_being_read_and_written() throws IOException {
        byte[] all = new byte[2 << 16];
        ByteBuffer halves = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
        for (int bits = 0; bits < 1 << 16; bits++) {
            halves.putShort((short) bits);
        }
        for (DataType type : List.of(DataType.F16, DataType.BF16)) {
            Path path = file("{\"h\":{\"dtype\":\"" + type + "\",\"shape\":[65536],\"data_offsets\":[0,131072]}}", all);
            Path again = folder.resolve("again.safetensors");
            try (SafetensorsFile file = SafetensorsFile.open(path)) {
                double[] values = file.doubles("h");
                SafetensorsWriter.create()
                        .add("h", type, () -> values, values.length)
                        .write(again);
                try (SafetensorsFile other = SafetensorsFile.open(again)) {
                    assertArrayEquals(values, other.doubles("h"));
                }
            }
        }
    }

    @Test
    void numbers_of_another_files_tensor_are_copied_under_another_name_and_shape() {
        Path source = folder.resolve("source.safetensors");
        SafetensorsWriter.create()
                .add("wide", new float[] {0, 1, 2, 3, 4, Float.NaN}, 3, 2)
                .add("long", new long[] {Long.MAX_VALUE, 5}, 2)
                .write(source);
        Path target = folder.resolve("target.safetensors");
        try (SafetensorsFile file = SafetensorsFile.open(source)) {
            SafetensorsWriter writer = SafetensorsWriter.create()
                    .add("middle", file, "wide", 2, 1, 2)
                    .add("flat", file, "wide", 0, 6)
                    .add("last", file, "long", 1, 1);
            assertThrows(IllegalArgumentException.class, () -> writer.add("beyond", file, "wide", 5, 2));
            assertThrows(IllegalArgumentException.class, () -> writer.add("before", file, "wide", -1, 2));
            writer.write(target);
        }
        try (SafetensorsFile file = SafetensorsFile.open(target)) {
            assertArrayEquals(new float[] {2, 3}, file.floats("middle"));
            assertArrayEquals(new long[] {1, 2}, file.shape("middle"));
            assertArrayEquals(new float[] {0, 1, 2, 3, 4, Float.NaN}, file.floats("flat"));
            assertArrayEquals(new double[] {5}, file.doubles("last"));
            assertEquals(DataType.I64, file.type("last"));
        }
    }

    @Test
    void a_missing_file_is_named() {
        PlumblineException e =
                assertThrows(PlumblineException.class, () -> SafetensorsFile.open(folder.resolve("nothing")));
        assertEquals(StandardError.MISSING_FILE, e.code());
    }

    @Test
    void an_unknown_tensor_is_refused_with_the_known_ones() {
        Path path = folder.resolve("x");
        SafetensorsWriter.create()
                .add("b", new float[1], 1)
                .add("a", new float[1], 1)
                .write(path);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            PlumblineException e = assertThrows(PlumblineException.class, () -> file.floats("c"));
            assertTrue(e.getMessage().contains("available: a, b"), e.getMessage());
        }
    }

    @Test
    void wrong_counts_and_double_names_are_refused_when_added() {
        SafetensorsWriter writer = SafetensorsWriter.create().add("a", new float[1], 1);
        assertThrows(IllegalArgumentException.class, () -> writer.add("a", new float[1], 1));
        assertThrows(IllegalArgumentException.class, () -> writer.add("b", new float[1], 2));
        assertThrows(IllegalArgumentException.class, () -> writer.addRounded("c", new double[3], 2, 2));
    }

    private Path file(String header, byte[] data) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json).put(data);
        return Files.write(folder.resolve("x.safetensors"), bytes.array());
    }
}
