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
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.plumbline.kernel.optimise.AdamW;
import org.plumbline.kernel.record.Cost;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.file.AtomicFile;

/** A trial's state as a file: every number bit by bit, with a checksum, replaced atomically. */
final class Checkpoint {
    private static final int MAGIC = 0x504c4d42;
    private static final int FORMAT = 1;

    private final Path file;

    Checkpoint(Path file) {
        this.file = file;
    }

    void save(TrialState state) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(MAGIC);
            out.writeInt(FORMAT);
            out.writeLong(state.update());
            write(out, state.theta());
            write(out, state.behaviour());
            out.writeLong(state.optimiser().updates());
            write(out, state.optimiser().first());
            write(out, state.optimiser().second());
            double[] average = state.average();
            out.writeBoolean(average != null);
            if (average != null) {
                write(out, average);
            }
            out.writeInt(state.memory().size());
            for (var entry : new TreeMap<>(state.memory()).entrySet()) {
                out.writeUTF(entry.getKey());
                write(out, entry.getValue());
            }
            Cost spent = state.spent();
            write(out, new double[] {spent.nfeForward(), spent.nfeBackward(), spent.seconds()});
            out.writeLong(spent.rowsForward());
            out.writeLong(spent.rowsBackward());
            out.writeLong(spent.rewardEvaluations());
            out.writeLong(spent.peakBytes());
            CRC32 sum = new CRC32();
            sum.update(bytes.toByteArray());
            out.writeLong(sum.getValue());
        } catch (IOException inMemory) {
            throw new IllegalStateException(inMemory);
        }
        AtomicFile.write(file, channel -> {
            ByteBuffer content = ByteBuffer.wrap(bytes.toByteArray());
            while (content.hasRemaining()) {
                channel.write(content);
            }
        });
    }

    /**
     * Reads the state back.
     *
     * @return empty if there is no checkpoint
     * @throws PlumblineException {@link StandardError#MALFORMED_FILE} if it is damaged
     */
    Optional<TrialState> load() {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            byte[] bytes = Files.readAllBytes(file);
            CRC32 sum = new CRC32();
            sum.update(bytes, 0, Math.max(0, bytes.length - Long.BYTES));
            if (bytes.length < 2 * Long.BYTES
                    || ByteBuffer.wrap(bytes).getLong(bytes.length - Long.BYTES) != sum.getValue()) {
                throw damaged("its checksum does not fit", null);
            }
            try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
                if (in.readInt() != MAGIC || in.readInt() != FORMAT) {
                    throw damaged("it is not a checkpoint of this version", null);
                }
                long update = in.readLong();
                double[] theta = read(in);
                double[] behaviour = read(in);
                AdamW.State optimiser = new AdamW.State(in.readLong(), read(in), read(in));
                double[] average = in.readBoolean() ? read(in) : null;
                var memory = new TreeMap<String, double[]>();
                for (int entries = in.readInt(); entries > 0; entries--) {
                    memory.put(in.readUTF(), read(in));
                }
                double[] spent = read(in);
                Cost cost = new Cost(
                        spent[0], spent[1], in.readLong(), in.readLong(), in.readLong(), spent[2], in.readLong());
                return Optional.of(new TrialState(update, theta, behaviour, optimiser, average, memory, cost));
            }
        } catch (IOException failure) {
            throw damaged(failure.toString(), failure);
        }
    }

    private PlumblineException damaged(String why, @org.jspecify.annotations.Nullable Throwable cause) {
        var failure = PlumblineException.of(StandardError.MALFORMED_FILE)
                .asked("checkpoint '" + file + "' cannot be read: " + why)
                .remedy("delete it to start this trial anew");
        return cause == null ? failure.build() : failure.cause(cause).build();
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
}
