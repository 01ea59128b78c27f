package org.plumbline.toolkit.safetensors;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.WeightSource;

/**
 * An open safetensors file. Opening reads and checks the header only; a tensor's bytes are mapped into memory when it is
 * asked for. Thread-safe; the opener closes it.
 */
public final class SafetensorsFile implements WeightSource, AutoCloseable {
    /** The limit of the reference implementation; a larger number means that this is not a safetensors file. */
    private static final long LONGEST_HEADER = 100_000_000;

    private static final int PREFIX = Long.BYTES;

    private final Path path;
    private final FileChannel channel;
    private final long dataStart;
    private final Header header;

    private SafetensorsFile(Path path, FileChannel channel, long dataStart, Header header) {
        this.path = path;
        this.channel = channel;
        this.dataStart = dataStart;
        this.header = header;
    }

    /**
     * Opens a file.
     *
     * @throws PlumblineException {@link StandardError#MISSING_FILE} if it cannot be read,
     *     {@link StandardError#MALFORMED_FILE} if it is truncated or otherwise not what the format promises
     */
    public static SafetensorsFile open(Path path) {
        if (!Files.isRegularFile(path)) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("there is no file '" + path + "'")
                    .build();
        }
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            try {
                return read(path, channel);
            } catch (IOException | RuntimeException | Header.Malformed e) {
                channel.close();
                throw e;
            }
        } catch (Header.Malformed e) {
            throw malformed(path, e);
        } catch (IOException e) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("'" + path + "' cannot be read: " + e)
                    .cause(e)
                    .build();
        }
    }

    private static SafetensorsFile read(Path path, FileChannel channel) throws IOException, Header.Malformed {
        long size = channel.size();
        if (size < PREFIX) {
            throw new Header.Malformed("it is truncated: " + size + " bytes, fewer than the " + PREFIX
                    + " that hold the length of its header");
        }
        ByteBuffer prefix = ByteBuffer.allocate(PREFIX).order(ByteOrder.LITTLE_ENDIAN);
        readFully(channel, prefix, 0);
        long length = prefix.getLong(0);
        ForeignFormat foreign = ForeignFormat.of(prefix.array()).orElse(null);
        if (foreign != null && (foreign.certain() || length < 0 || length > size - PREFIX)) {
            throw new Header.Malformed(foreign.what(), foreign.remedy());
        }
        if (length < 0 || length > LONGEST_HEADER) {
            throw new Header.Malformed("its first eight bytes would mean a header of " + Long.toUnsignedString(length)
                    + " bytes: it is not a safetensors file");
        }
        if (length > size - PREFIX) {
            throw new Header.Malformed("it is truncated: " + size + " bytes, but its header alone has " + length);
        }
        ByteBuffer json = ByteBuffer.allocate((int) length);
        readFully(channel, json, PREFIX);
        long dataStart = PREFIX + length;
        return new SafetensorsFile(path, channel, dataStart, Header.parse(json.array(), size - dataStart));
    }

    private static void readFully(FileChannel channel, ByteBuffer into, long position) throws IOException {
        while (into.hasRemaining()) {
            int count = channel.read(into, position + into.position());
            if (count < 0) {
                throw new IOException("the file ended while it was read");
            }
        }
    }

    /** Where the file lies. */
    public Path path() {
        return path;
    }

    /** The free text entries of the header. */
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** The names of all tensors in the order of the header. */
    public Set<String> names() {
        return header.tensors().keySet();
    }

    /** How the numbers of a tensor are stored. */
    public DataType type(String name) {
        return find(name).type();
    }

    @Override
    public boolean contains(String name) {
        return header.tensors().containsKey(name);
    }

    @Override
    public long[] shape(String name) {
        return find(name).shape().clone();
    }

    @Override
    public float[] floats(String name) {
        Header.Region region = find(name);
        ByteBuffer data = map(name, region);
        float[] values = new float[count(region)];
        switch (region.type()) {
            case F32 -> data.asFloatBuffer().get(values);
            case F16 -> {
                ShortBuffer halves = data.asShortBuffer();
                for (int i = 0; i < values.length; i++) {
                    values[i] = HalfPrecision.toFloat(halves.get(i));
                }
            }
            default -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) region.type().read(data);
                }
            }
        }
        return values;
    }

    @Override
    public double[] doubles(String name) {
        Header.Region region = find(name);
        ByteBuffer data = map(name, region);
        double[] values = new double[count(region)];
        if (region.type() == DataType.F64) {
            data.asDoubleBuffer().get(values);
        } else {
            for (int i = 0; i < values.length; i++) {
                values[i] = region.type().read(data);
            }
        }
        return values;
    }

    /** The size of a tensor in the file. */
    public long bytes(String name) {
        Header.Region region = find(name);
        return region.end() - region.begin();
    }

    /** Copies some of a tensor's bytes as they are. */
    void copy(String name, long from, long count, WritableByteChannel into) throws IOException {
        long position = dataStart + find(name).begin() + from;
        long end = position + count;
        while (position < end) {
            position += channel.transferTo(position, end - position, into);
        }
    }

    private static int count(Header.Region region) {
        return (int) ((region.end() - region.begin()) / region.type().bytes());
    }

    private ByteBuffer map(String name, Header.Region region) {
        long size = region.end() - region.begin();
        if (size > Integer.MAX_VALUE) {
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("tensor '" + name + "' of '" + path + "' has " + size + " bytes")
                    .available("up to " + Integer.MAX_VALUE)
                    .build();
        }
        try {
            return channel.map(FileChannel.MapMode.READ_ONLY, dataStart + region.begin(), size)
                    .order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw new UncheckedIOException("tensor '" + name + "' of '" + path + "' cannot be read", e);
        }
    }

    private Header.Region find(String name) {
        Header.Region region = header.tensors().get(name);
        if (region == null) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("'" + path + "' has no tensor '" + name + "'")
                    .available(String.join(", ", new TreeSet<>(names())))
                    .build();
        }
        return region;
    }

    private static PlumblineException malformed(Path path, Header.Malformed problem) {
        return PlumblineException.of(StandardError.MALFORMED_FILE)
                .asked("'" + path + "' is not a usable safetensors file: " + problem.why())
                .remedy(problem.remedy())
                .build();
    }

    /** Lets go of the file; arrays that were read stay valid. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("'" + path + "' cannot be closed", e);
        }
    }
}
