package org.plumbline.kernel.study;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeMap;
import org.plumbline.kernel.optimise.AdamW;
import org.plumbline.kernel.record.Cost;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** A trial's state as a file: every number bit by bit, with a checksum, replaced atomically. */
final class Checkpoint {
    private static final int MAGIC = 0x504c4d42;
    private static final int FORMAT = 1;

    private final Path file;

    Checkpoint(Path file) {
        this.file = file;
    }

    void save(TrialState state) {
        new SummedFile(file).write(out -> {
            out.writeInt(MAGIC);
            out.writeInt(FORMAT);
            out.writeLong(state.update());
            SummedFile.write(out, state.theta());
            SummedFile.write(out, state.behaviour());
            out.writeLong(state.optimiser().updates());
            SummedFile.write(out, state.optimiser().first());
            SummedFile.write(out, state.optimiser().second());
            double[] average = state.average();
            out.writeBoolean(average != null);
            if (average != null) {
                SummedFile.write(out, average);
            }
            out.writeInt(state.memory().size());
            for (var entry : new TreeMap<>(state.memory()).entrySet()) {
                out.writeUTF(entry.getKey());
                SummedFile.write(out, entry.getValue());
            }
            Cost spent = state.spent();
            SummedFile.write(out, new double[] {spent.nfeForward(), spent.nfeBackward(), spent.seconds()});
            out.writeLong(spent.rowsForward());
            out.writeLong(spent.rowsBackward());
            out.writeLong(spent.rewardEvaluations());
            out.writeLong(spent.peakBytes());
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
            try (DataInputStream in =
                    new SummedFile(file).read().orElseThrow(() -> damaged("its checksum does not fit", null))) {
                if (in.readInt() != MAGIC || in.readInt() != FORMAT) {
                    throw damaged("it is not a checkpoint of this version", null);
                }
                long update = in.readLong();
                double[] theta = SummedFile.read(in);
                double[] behaviour = SummedFile.read(in);
                AdamW.State optimiser = new AdamW.State(in.readLong(), SummedFile.read(in), SummedFile.read(in));
                double[] average = in.readBoolean() ? SummedFile.read(in) : null;
                var memory = new TreeMap<String, double[]>();
                for (int entries = in.readInt(); entries > 0; entries--) {
                    memory.put(in.readUTF(), SummedFile.read(in));
                }
                double[] spent = SummedFile.read(in);
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
}
