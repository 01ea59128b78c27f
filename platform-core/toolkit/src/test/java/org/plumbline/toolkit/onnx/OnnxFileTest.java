package org.plumbline.toolkit.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Files written field by field, the ones that are right and the ones that must be refused. */
class OnnxFileTest {
    @TempDir
    private Path folder;

    // ---- writing

    private static Message declaration(String name, long... sizes) {
        Message shape = new Message();
        for (long size : sizes) {
            shape.add(1, size < 0 ? new Message().add(2, "free") : new Message().add(1, size));
        }
        Message tensor = new Message().add(1, 1).add(2, shape);
        return new Message().add(1, name).add(2, new Message().add(1, tensor));
    }

    private static Message node(String operator, String output, String... inputs) {
        Message node = new Message();
        for (String input : inputs) {
            node.add(1, input);
        }
        return node.add(2, output).add(3, "the " + operator).add(4, operator);
    }

    private static Message tensor(int type, String name, long... shape) {
        Message tensor = new Message();
        for (long size : shape) {
            tensor.add(1, size);
        }
        return tensor.add(2, type).add(8, name);
    }

    /** Images [?, 2] times w [2] plus one, and the given tensors. */
    private static Message graph(Message... tensors) {
        Message graph = new Message().add(1, node("Mul", "h", "x", "w")).add(1, node("Relu", "y", "h"));
        for (Message tensor : tensors) {
            graph.add(5, tensor);
        }
        return graph.add(11, declaration("x", -1, 2)).add(12, declaration("y", -1, 2));
    }

    private static byte[] model(long operatorSet, Message graph) {
        return new Message()
                .add(1, 8)
                .add(7, graph)
                .add(8, new Message().add(2, operatorSet))
                .toBytes();
    }

    private static Message weight(float... values) {
        ByteBuffer raw = ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values);
        return tensor(1, "w", values.length).add(9, raw.array());
    }

    private Path write(byte[] bytes) {
        try {
            return Files.write(folder.resolve("model.onnx"), bytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private PlumblineException refused(StandardError code, byte[] bytes, String... words) {
        Path path = write(bytes);
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> OnnxFile.read(path));
        assertRefused(code, refusal, words);
        return refusal;
    }

    private static void assertRefused(StandardError code, PlumblineException refusal, String... words) {
        assertEquals(code, refusal.code(), refusal.getMessage());
        for (String word : words) {
            assertTrue(refusal.getMessage().contains(word), refusal.getMessage());
        }
    }

    private StoredTensor only(Message tensor) {
        return OnnxFile.read(write(model(17, graph(weight(1, 2), tensor))))
                .initializers()
                .get("t");
    }

    // ---- what is right

    @Test
    void aFileIsReadAsItWasWritten() {
        OnnxFile file = OnnxFile.read(write(model(17, graph(weight(1.5f, -2)))));
        assertEquals(17, file.operatorSet());
        assertEquals(
                List.of("Mul 'the Mul'", "Relu 'the Relu'"),
                file.nodes().stream().map(OnnxNode::title).toList());
        assertEquals(
                new OnnxFile.Declaration("x", ElementType.FLOAT, OnnxFile.FREE, 2),
                file.inputs().get(0));
        assertArrayEquals(new double[] {1.5, -2}, file.initializers().get("w").doubles());
        assertArrayEquals(new float[] {1.5f, -2}, file.initializers().get("w").floats());
    }

    @Test
    void everyTypeIsReadFromItsRawBytes() {
        ByteBuffer eight = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        assertArrayEquals(
                new double[] {-3, 1L << 40},
                only(tensor(7, "t", 2)
                                .add(9, eight.putLong(-3).putLong(1L << 40).array()))
                        .doubles());
        assertArrayEquals(
                new double[] {0.1, -1e300},
                only(tensor(11, "t", 2)
                                .add(
                                        9,
                                        eight.clear()
                                                .putDouble(0.1)
                                                .putDouble(-1e300)
                                                .array()))
                        .doubles());
        assertArrayEquals(
                new double[] {-7, 9},
                only(tensor(6, "t", 2).add(9, new byte[] {-7, -1, -1, -1, 9, 0, 0, 0}))
                        .doubles());
        assertArrayEquals(
                new double[] {200, 1},
                only(tensor(2, "t", 2).add(9, new byte[] {(byte) 200, 1})).doubles());
        assertArrayEquals(
                new double[] {1, 0},
                only(tensor(9, "t", 2).add(9, new byte[] {1, 0})).doubles());
        // 1.5 and -2 in 5 bits of exponent and 10 of fraction, then in 8 and 7.
        assertArrayEquals(
                new double[] {1.5, -2},
                only(tensor(10, "t", 2).add(9, new byte[] {0, 0x3e, 0, (byte) 0xc0}))
                        .doubles());
        assertArrayEquals(
                new double[] {1.5, -2},
                only(tensor(16, "t", 2).add(9, new byte[] {(byte) 0xc0, 0x3f, 0, (byte) 0xc0}))
                        .doubles());
    }

    @Test
    void everyTypeIsReadFromTheFieldOfItsType() {
        byte[] packed = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(0.5f)
                .putFloat(-4)
                .array();
        assertArrayEquals(
                new double[] {0.5, -4}, only(tensor(1, "t", 2).add(4, packed)).doubles());
        assertArrayEquals(
                new double[] {0.5, -4},
                only(tensor(1, "t", 2).add(4, 0.5f).add(4, -4f)).doubles());
        byte[] wide = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putDouble(0.1)
                .array();
        assertArrayEquals(
                new double[] {0.1}, only(tensor(11, "t", 1).add(10, wide)).doubles());
        assertArrayEquals(
                new double[] {7, -8},
                only(tensor(7, "t", 2).add(7, 7L).add(7, -8L)).doubles());
        assertArrayEquals(
                new double[] {7, -8},
                only(tensor(6, "t", 2).add(5, 7L).add(5, -8L)).doubles());
        assertArrayEquals(
                new double[] {1, 0},
                only(tensor(9, "t", 2).add(5, new byte[] {1, 0})).doubles());
        assertArrayEquals(
                new double[] {1.5}, only(tensor(10, "t").add(5, 0x3e00L)).doubles());
        assertArrayEquals(
                new double[] {1.5}, only(tensor(16, "t").add(5, 0x3fc0L)).doubles());
    }

    // ---- data in other files

    private static Message external(String location, long offset, long length) {
        return tensor(1, "w", 2)
                .add(14, 1)
                .add(13, entry("location", location))
                .add(13, entry("offset", Long.toString(offset)))
                .add(13, entry("length", Long.toString(length)));
    }

    private static Message entry(String key, String value) {
        return new Message().add(1, key).add(2, value);
    }

    @Test
    void dataMayLieInAFileBesideTheModel() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(
                folder.resolve("model.data"),
                bytes.putFloat(9).putFloat(3).putFloat(4).array());
        OnnxFile file = OnnxFile.read(write(model(17, graph(external("model.data", 4, 8)))));
        assertArrayEquals(new double[] {3, 4}, file.initializers().get("w").doubles());
        refused(
                StandardError.MALFORMED_FILE,
                model(17, graph(external("model.data", 8, 8))),
                "8 bytes from 8 on",
                "has 12");
        refused(StandardError.MALFORMED_FILE, model(17, graph(external("model.data", 0, 12))), "said to hold 12");
        refused(StandardError.MALFORMED_FILE, model(17, graph(external("model.data", -4, 8))), "-4");
        refused(StandardError.MISSING_FILE, model(17, graph(external("other.data", 0, 8))), "other.data", "'w'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../secret", "/etc/hostname", "deeper/../../secret", "link", ""})
    void dataOutsideTheFolderAreNotRead(String location, @TempDir Path elsewhere) throws IOException {
        Files.write(folder.resolveSibling("secret"), new byte[8]);
        Files.write(elsewhere.resolve("secret"), new byte[8]);
        Files.createSymbolicLink(folder.resolve("link"), elsewhere.resolve("secret"));
        refused(StandardError.MALFORMED_FILE, model(17, graph(external(location, 0, 8))), "outside the model's folder");
    }

    // ---- what is wrong

    @Test
    void aFileThatEndsEarlyIsRefusedWhereverItEnds() {
        byte[] whole = model(17, graph(weight(1, 2)));
        for (int length = 0; length < whole.length; length++) {
            refused(StandardError.MALFORMED_FILE, Arrays.copyOf(whole, length), "model.onnx");
        }
    }

    @Test
    void whatIsNoModelIsRefused() {
        refused(
                StandardError.MALFORMED_FILE,
                "GIF89a and so on, which is no model".getBytes(StandardCharsets.US_ASCII));
        refused(StandardError.MALFORMED_FILE, new byte[0], "no graph");
        Path missing = folder.resolve("missing.onnx");
        assertRefused(StandardError.MISSING_FILE, assertThrows(PlumblineException.class, () -> OnnxFile.read(missing)));
    }

    @Test
    void tensorsWhoseBytesDoNotFitAreRefused() {
        refused(
                StandardError.MALFORMED_FILE,
                model(17, graph(tensor(1, "w", 3).add(9, new byte[8]))),
                "'w'",
                "12 bytes",
                "has 8");
        refused(StandardError.MALFORMED_FILE, model(17, graph(tensor(1, "w", -2).add(9, new byte[8]))), "[-2]");
        refused(
                StandardError.MALFORMED_FILE,
                model(17, graph(tensor(1, "w", 1L << 40, 1L << 40).add(9, new byte[8]))));
        refused(StandardError.UNSUPPORTED, model(17, graph(tensor(8, "w", 2))), "element type 8");
        refused(StandardError.UNSUPPORTED, model(17, graph(weight(1, 2)).add(15, new Message())), "sparse");
    }

    @Test
    void aNodeBeforeWhatItTakesIsRefused() {
        Message graph = new Message()
                .add(1, node("Relu", "y", "h"))
                .add(1, node("Neg", "h", "x"))
                .add(11, declaration("x", -1, 2))
                .add(12, declaration("y", -1, 2));
        refused(StandardError.MALFORMED_FILE, model(17, graph), "'h'");
    }

    @Test
    void noDamageDoesMoreThanARefusal() {
        byte[] whole = model(17, graph(weight(1, 2)));
        SplittableRandom random = new SplittableRandom(1);
        int read = 0;
        for (int i = 0; i < 1000; i++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            Path path = write(damaged);
            try {
                OnnxGraph.of(OnnxFile.read(path), "y", Map.of());
                read++;
            } catch (PlumblineException refusal) {
                assertTrue(refusal.getMessage().contains("model.onnx"), refusal.getMessage());
            }
        }
        assertTrue(read > 0 && read < 900, read + " of 1000 damaged files were read");
    }

    // ---- what has no graph

    private PlumblineException noGraph(byte[] bytes, String output, Map<String, long[]> rows) {
        OnnxFile file = OnnxFile.read(write(bytes));
        return assertThrows(PlumblineException.class, () -> OnnxGraph.of(file, output, rows));
    }

    @ParameterizedTest
    @CsvSource({"9", "12", "24", "99"})
    void unknownOperatorSetsAreRefused(long operatorSet) {
        assertRefused(
                StandardError.UNSUPPORTED,
                noGraph(model(operatorSet, graph(weight(1, 2))), "y", Map.of()),
                "operator set " + operatorSet,
                "13 to 23");
    }

    @Test
    void allMissingOperatorsAreNamedAtOnce() {
        Message graph = new Message()
                .add(1, node("Ceil", "a", "x"))
                .add(1, node("Unique", "unused", "x"))
                .add(1, node("Bernoulli", "b", "a"))
                .add(1, node("Ceil", "y", "b").add(7, ""))
                .add(11, declaration("x", -1, 2))
                .add(12, declaration("y", -1, 2));
        PlumblineException refusal = noGraph(model(17, graph), "y", Map.of());
        assertRefused(StandardError.UNSUPPORTED, refusal, "Bernoulli (the Bernoulli); Ceil (the Ceil, the Ceil)");
        assertTrue(!refusal.getMessage().contains("Unique"), "what the output does not need does not matter");
    }

    @Test
    void operatorsOfOthersAreNotTakenForOnnxsOwn() {
        Message graph = new Message()
                .add(1, node("Relu", "y", "x").add(7, "com.example"))
                .add(11, declaration("x", -1, 2))
                .add(12, declaration("y", -1, 2));
        assertRefused(
                StandardError.UNSUPPORTED, noGraph(model(17, graph), "y", Map.of()), "com.example:Relu (the Relu)");
    }

    @Test
    void weightsThatAreNoNumbersAreRefused() {
        assertRefused(
                StandardError.NOT_FINITE, noGraph(model(17, graph(weight(1, Float.NaN))), "y", Map.of()), "'w'", "NaN");
    }

    @Test
    void shapesThatDoNotFitAreRefused() {
        assertRefused(
                StandardError.WRONG_SHAPE,
                noGraph(model(17, graph(weight(1, 2))), "y", Map.of("x", new long[] {3})),
                "x[?, 2]",
                "[3]");
        assertRefused(
                StandardError.UNSUPPORTED,
                noGraph(model(17, graph(weight(1, 2, 3))), "y", Map.of()),
                "the Mul",
                "cannot broadcast");
        assertRefused(
                StandardError.BAD_VALUE, noGraph(model(17, graph(weight(1, 2))), "z", Map.of()), "'z'", "available: y");
    }

    @Test
    void aClosedBatchIsRefusedWithWhatToDo() {
        Message graph = new Message()
                .add(1, node("Relu", "y", "x"))
                .add(11, declaration("x", 1, 2))
                .add(12, declaration("y", 1, 2));
        assertRefused(
                StandardError.UNSUPPORTED, noGraph(model(17, graph), "y", Map.of()), "batches of 1", "dynamic_axes");
    }

    @Test
    void rowsOfABatchDoNotMeet() {
        Message axis = new Message().add(1, "axes").add(8, 0L).add(20, 7);
        Message graph = new Message()
                .add(1, node("ReduceMean", "m", "x").add(5, axis))
                .add(1, node("Sub", "y", "x", "m"))
                .add(11, declaration("x", -1, 2))
                .add(12, declaration("y", -1, 2));
        assertRefused(
                StandardError.UNSUPPORTED,
                noGraph(model(17, graph), "y", Map.of()),
                "the ReduceMean",
                "over the batch");
    }
}
