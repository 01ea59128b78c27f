package org.plumbline.kernel.study;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.plumbline.kernel.record.Cost;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pair of replicas as a file, so that a measurement that was stopped goes on where it was: every number bit by bit,
 * with a checksum, and with what it was measured on. A file that is damaged or of another measurement counts as absent,
 * since replicas can be made again.
 */
final class ReplicaFile {
    private static final Logger log = LoggerFactory.getLogger(ReplicaFile.class);
    private static final int MAGIC = 0x504c4752;

    private final Path file;
    private final String origin;

    /**
     * @param origin names everything the numbers depend on
     */
    ReplicaFile(Path file, String origin) {
        this.file = file;
        this.origin = origin;
    }

    /** A short name of parameters, for {@code origin}. */
    static String fingerprint(double[] theta) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(theta.length, Double.BYTES));
        Arrays.stream(theta).forEach(bytes::putDouble);
        CRC32 sum = new CRC32();
        sum.update(bytes.array());
        return theta.length + "/" + Long.toHexString(sum.getValue());
    }

    void save(List<Replica> replicas) {
        new SummedFile(file).write(out -> {
            out.writeInt(MAGIC);
            out.writeUTF(origin);
            out.writeInt(replicas.size());
            for (Replica replica : replicas) {
                write(out, replica);
            }
        });
    }

    Optional<List<Replica>> load() {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            DataInputStream content = new SummedFile(file).read().orElse(null);
            if (content == null) {
                log.warn("{} is damaged; its replicas are made again", file);
                return Optional.empty();
            }
            try (DataInputStream in = content) {
                if (in.readInt() != MAGIC || !in.readUTF().equals(origin)) {
                    return Optional.empty();
                }
                List<Replica> replicas = new ArrayList<>();
                for (int left = in.readInt(); left > 0; left--) {
                    replicas.add(replica(in));
                }
                return Optional.of(replicas);
            }
        } catch (IOException unreadable) {
            log.warn("{} cannot be read ({}); its replicas are made again", file, unreadable.toString());
            return Optional.empty();
        }
    }

    /** Removes it, and its folders once nothing is left in them; it may be absent. */
    void delete() {
        try {
            Files.deleteIfExists(file);
            Path above = file.getParent();
            for (int level = 0; level < 2 && above != null && empty(above); level++) {
                Files.delete(above);
                above = above.getParent();
            }
        } catch (IOException left) {
            log.warn("{} could not be deleted: {}", file, left.toString());
        }
    }

    private static boolean empty(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> content = Files.list(folder)) {
            return content.findAny().isEmpty();
        }
    }

    private static void write(DataOutputStream out, Replica replica) throws IOException {
        out.writeLong(replica.number());
        out.writeInt(replica.exact().size());
        for (Map.Entry<String, double[]> exact : replica.exact().entrySet()) {
            out.writeUTF(exact.getKey());
            SummedFile.write(out, exact.getValue());
        }
        out.writeInt(replica.estimates().size());
        for (Map.Entry<String, Replica.Estimate> entry : replica.estimates().entrySet()) {
            Replica.Estimate estimate = entry.getValue();
            out.writeUTF(entry.getKey());
            out.writeUTF(estimate.program());
            SummedFile.write(out, estimate.gradient());
            Cost cost = estimate.cost();
            SummedFile.write(out, new double[] {cost.nfeForward(), cost.nfeBackward(), cost.seconds()});
            out.writeLong(cost.rowsForward());
            out.writeLong(cost.rowsBackward());
            out.writeLong(cost.rewardEvaluations());
            out.writeInt(estimate.steps().size());
            for (Replica.StepNoise step : estimate.steps()) {
                SummedFile.write(out, new double[] {step.time(), step.variance(), step.covariance()});
            }
        }
    }

    private static Replica replica(DataInputStream in) throws IOException {
        long number = in.readLong();
        Map<String, double[]> exact = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            exact.put(in.readUTF(), SummedFile.read(in));
        }
        Map<String, Replica.Estimate> estimates = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            String trial = in.readUTF();
            String program = in.readUTF();
            double[] gradient = SummedFile.read(in);
            double[] spent = SummedFile.read(in);
            Cost cost = new Cost(spent[0], spent[1], in.readLong(), in.readLong(), in.readLong(), spent[2], 0);
            List<Replica.StepNoise> steps = new ArrayList<>();
            for (int more = in.readInt(); more > 0; more--) {
                double[] step = SummedFile.read(in);
                steps.add(new Replica.StepNoise(step[0], step[1], step[2]));
            }
            estimates.put(trial, new Replica.Estimate(program, gradient, cost, steps));
        }
        return new Replica(number, exact, estimates);
    }
}
