package org.plumbline.toolkit.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * What an ONNX file says. Large tensors are mapped into memory, not read. Immutable and thread-safe.
 *
 * @param path where it lies
 * @param operatorSet the version of ONNX's own operators that it uses
 * @param inputs what it takes; initializers that the file lists among its inputs are not
 * @param outputs what it gives
 * @param nodes in an order in which they can be computed
 * @param initializers weights and other constants, by name
 */
public record OnnxFile(
        Path path,
        long operatorSet,
        List<Declaration> inputs,
        List<Declaration> outputs,
        List<OnnxNode> nodes,
        Map<String, StoredTensor> initializers) {
    /** A size that only a call knows, in {@link Declaration#shape}. */
    public static final long FREE = -1;

    /**
     * An input or output.
     *
     * @param name its name
     * @param type of its numbers
     * @param shape its sizes; {@link #FREE} where the file names a variable or nothing
     */
    public record Declaration(String name, ElementType type, long... shape) {
        public Declaration {
            shape = shape.clone();
        }

        @Override
        public long[] shape() {
            return shape.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Declaration same
                    && same.name.equals(name)
                    && same.type == type
                    && Arrays.equals(same.shape, shape);
        }

        @Override
        public int hashCode() {
            return 31 * name.hashCode() + Arrays.hashCode(shape);
        }

        @Override
        public String toString() {
            return name + Arrays.toString(shape).replace("-1", "?");
        }
    }

    public OnnxFile {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        nodes = List.copyOf(nodes);
        initializers = Map.copyOf(initializers);
    }

    /**
     * Reads a file. Tensors in external files must lie in its folder or below.
     *
     * @throws PlumblineException {@link StandardError#MISSING_FILE} if it or an external file cannot be read;
     *     {@link StandardError#MALFORMED_FILE} if it is truncated or otherwise not what the format promises;
     *     {@link StandardError#UNSUPPORTED} if it has tensors of a type that is not in {@link ElementType}
     */
    public static OnnxFile read(Path path) {
        if (!Files.isRegularFile(path)) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("there is no file '" + path + "'")
                    .build();
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            if (channel.size() > Integer.MAX_VALUE) {
                throw new Fields.Malformed("it has " + channel.size() + " bytes, more than the format allows");
            }
            ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            return new ModelReader(path).model(new Fields(bytes));
        } catch (Fields.Malformed e) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("'" + path + "' is not a usable ONNX file: " + e.why())
                    .remedy("copy or export it again")
                    .cause(e)
                    .build();
        } catch (IOException e) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("'" + path + "' cannot be read: " + e)
                    .cause(e)
                    .build();
        }
    }
}
