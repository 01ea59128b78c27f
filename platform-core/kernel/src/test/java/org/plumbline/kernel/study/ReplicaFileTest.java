package org.plumbline.kernel.study;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.record.Cost;

class ReplicaFileTest {
    @TempDir
    Path folder;

    private static final List<Replica> PAIR = List.of(
            new Replica(
                    6,
                    Map.of("ddim", new double[] {1, -0.0, Math.PI}),
                    Map.of(
                            "exact",
                            new Replica.Estimate(
                                    "ddim", new double[] {1e-300, 2, 3}, new Cost(1, 2, 3, 4, 5, 6, 0), List.of()))),
            new Replica(
                    7,
                    Map.of("ddim", new double[] {4, 5, 6}),
                    Map.of(
                            "exact",
                            new Replica.Estimate(
                                    "ddim",
                                    new double[] {7, 8, 9},
                                    Cost.NONE,
                                    List.of(
                                            new Replica.StepNoise(999, 0.1, 0.2),
                                            new Replica.StepNoise(Double.NaN, 0.3, -0.4))))));

    @Test
    void everyNumberComesBackBitByBit() {
        ReplicaFile file = new ReplicaFile(folder.resolve("replicas").resolve("6-7.bin"), "here");
        file.save(PAIR);
        List<Replica> read = file.load().orElseThrow();
        assertEquals(2, read.size());
        for (int i = 0; i < 2; i++) {
            Replica.Estimate expected =
                    java.util.Objects.requireNonNull(PAIR.get(i).estimates().get("exact"));
            Replica.Estimate found =
                    java.util.Objects.requireNonNull(read.get(i).estimates().get("exact"));
            assertEquals(PAIR.get(i).number(), read.get(i).number());
            assertArrayEquals(
                    PAIR.get(i).exact().get("ddim"), read.get(i).exact().get("ddim"));
            assertArrayEquals(expected.gradient(), found.gradient());
            assertEquals(expected.program(), found.program());
            assertEquals(expected.cost(), found.cost());
            assertEquals(expected.steps(), found.steps());
        }
    }

    @Test
    void anotherMeasurementsReplicasAreNotTaken() {
        Path path = folder.resolve("6-7.bin");
        new ReplicaFile(path, "theta " + ReplicaFile.fingerprint(new double[] {1, 2})).save(PAIR);
        assertTrue(new ReplicaFile(path, "theta " + ReplicaFile.fingerprint(new double[] {1, 2}))
                .load()
                .isPresent());
        assertFalse(new ReplicaFile(path, "theta " + ReplicaFile.fingerprint(new double[] {1, 3}))
                .load()
                .isPresent());
        assertNotEquals(ReplicaFile.fingerprint(new double[] {0}), ReplicaFile.fingerprint(new double[] {0, 0}));
    }

    @Test
    void aDamagedFileCountsAsAbsent() throws IOException {
        Path path = folder.resolve("6-7.bin");
        ReplicaFile file = new ReplicaFile(path, "here");
        assertFalse(file.load().isPresent());
        file.save(PAIR);
        byte[] bytes = Files.readAllBytes(path);
        bytes[bytes.length / 2] ^= 1;
        Files.write(path, bytes);
        assertFalse(file.load().isPresent());
        Files.write(path, new byte[3]);
        assertFalse(file.load().isPresent());
    }

    @Test
    void deletingTheLastFileLeavesNoEmptyFolder() {
        Path point = folder.resolve("replicas").resolve("base");
        ReplicaFile one = new ReplicaFile(point.resolve("0-1.bin"), "here");
        ReplicaFile other = new ReplicaFile(point.resolve("2-3.bin"), "here");
        one.save(PAIR);
        other.save(PAIR);
        one.delete();
        assertTrue(other.load().isPresent());
        other.delete();
        other.delete();
        assertFalse(Files.exists(folder.resolve("replicas")));
    }
}
