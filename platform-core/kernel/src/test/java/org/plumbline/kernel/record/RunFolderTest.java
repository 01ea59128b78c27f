package org.plumbline.kernel.record;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.spi.error.ErrorCode;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.provenance.Citation;

class RunFolderTest {
    private static final Cost COST = new Cost(41, 20.5, 1312, 656, 16, 0.1 + 0.2, 91L << 20);

    @TempDir
    Path temporary;

    private static StudyDescription description(double learningRate) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("mode", "exact");
        settings.put("window", 3);
        settings.put("start", null);
        return new StudyDescription(
                StudyDescription.FORMAT,
                "first",
                Instant.parse("2026-11-22T08:00:00.123Z"),
                List.of("plumbline", "study", "first.yaml"),
                "name: first\n",
                new StudyDescription.Environment("0.1.0", "Some 17", "Linux amd64", 2, 1, 0),
                new StudyDescription.Backend("djl-pytorch", "0.1.0", "libtorch on cpu", Map.of()),
                new StudyDescription.Model(
                        "digits",
                        "diffusers",
                        "0.1.0",
                        "models/digits",
                        Map.of("unet.safetensors", "ab12"),
                        List.of(1, 20, 20),
                        "LoRA of rank 4",
                        9216,
                        Map.of(),
                        List.of()),
                new StudyDescription.SamplerUse(
                        "ddim", "0.1.0", "DDIM", 20, 20, "table", Map.of("eta", 1.0), List.of()),
                List.of(new StudyDescription.Reward("ink", "stroke-weight", "0.1.0", "px", true, Map.of(), List.of())),
                new StudyDescription.Training(
                        List.of("a handwritten three"),
                        2,
                        16,
                        new StudyDescription.Budget(StudyDescription.Budget.Unit.UPDATES, 30),
                        Map.of("learning-rate", learningRate)),
                new StudyDescription.Evaluation(5, List.of("a handwritten three"), 32, 7, "DDIM"),
                List.of(new StudyDescription.Trial(
                        "rlr exact",
                        "rlr",
                        "0.1.0",
                        "org.plumbline.estimator-rlr",
                        settings,
                        Map.of(),
                        List.of("UNBIASED"),
                        "DDIM",
                        List.of(new Citation("ren", "Ren et al.", "A title with \"quotes\"", 2025, "arXiv")))),
                List.of(1L, 2L));
    }

    private static List<RunRecord> everyKind() {
        return List.of(
                EventRecord.of(EventRecord.Type.STARTED, "rlr exact", 1, 0, "first line\nsecond line, ü"),
                EventRecord.ofRun(EventRecord.Type.PLUGIN_SWAPPED, "backend 0.1.0 for 0.1.1"),
                new UpdateRecord("rlr exact", 1, 1, COST, -1.25, Math.PI, 1e-300, true, Map.of("zo-share", 1.0 / 3)),
                new EvaluationRecord(
                        "rlr exact",
                        1,
                        0,
                        Cost.NONE,
                        new Score(1.5, Double.NaN),
                        Map.of("jpeg", new Score(2, 0.25)),
                        Double.NaN),
                new GradientRecord(
                        "rlr exact",
                        "rlr",
                        "base model",
                        16,
                        "exact adjoint",
                        2,
                        0.05,
                        40,
                        31415,
                        64,
                        16,
                        0,
                        0.01,
                        -0.3,
                        0.02,
                        new GradientRecord.Verdict(GradientRecord.Verdict.Kind.UNBIASED, 64),
                        1.01,
                        0.02,
                        0.99,
                        0.004,
                        12.5,
                        0.7,
                        3.125,
                        COST,
                        new GradientRecord.Efficiency(1, 2, 3, Double.NaN),
                        List.of(new GradientRecord.Group("W", 16, 1, 3.125)),
                        List.of(new GradientRecord.Step(999, 3, 3.125, 0.1)),
                        GradientRecord.Step.NONE));
    }

    private static void refused(ErrorCode code, String part, org.junit.jupiter.api.function.Executable call) {
        PlumblineException failure = assertThrows(PlumblineException.class, call);
        assertEquals(code, failure.code());
        assertTrue(failure.getMessage().contains(part), failure.getMessage());
    }

    @Test
    void everythingComesBackAsItWasWritten() {
        Path folder = temporary.resolve("runs").resolve("a");
        try (RunWriter run = RunFolder.create(folder, description(1e-3))) {
            everyKind().forEach(run::append);
        }
        RunFolder read = RunFolder.open(folder);
        assertEquals(description(1e-3), read.description());
        List<RunRecord> written = everyKind();
        List<RunRecord> found = read.records();
        assertEquals(written.subList(2, 5), found.subList(2, 5), "bit for bit, NaN included");
        EventRecord event = (EventRecord) found.get(0);
        assertEquals("first line\nsecond line, ü", event.message());
        assertTrue(Math.abs(event.time().toEpochMilli() - System.currentTimeMillis()) < 60_000);
        assertEquals(null, ((EventRecord) found.get(1)).seed());
    }

    @Test
    void recordsCanBeReadWhileTheRunGoesOn() {
        try (RunWriter run = RunFolder.create(temporary.resolve("a"), description(1e-3))) {
            for (int line = 0; line < 5; line++) {
                run.append(everyKind().get(line));
                assertEquals(line + 1, run.folder().records().size());
            }
        }
    }

    @Test
    void anUnfinishedLastLineIsLeftOutAndRemovedOnResume() throws IOException {
        Path folder = temporary.resolve("a");
        try (RunWriter run = RunFolder.create(folder, description(1e-3))) {
            run.append(everyKind().get(2));
            run.append(everyKind().get(3));
        }
        Path file = folder.resolve("records.jsonl");
        byte[] whole = Files.readAllBytes(file);
        RunFolder read = RunFolder.open(folder);
        int firstLine = new String(whole, StandardCharsets.UTF_8).indexOf('\n') + 1;
        for (int length = firstLine; length < whole.length; length++) {
            Files.write(file, java.util.Arrays.copyOf(whole, length));
            assertEquals(List.of(everyKind().get(2)), read.records(), "cut at " + length);
        }
        try (RunWriter run = RunFolder.resume(folder, description(1e-3))) {
            run.append(everyKind().get(4));
        }
        assertEquals(
                List.of(everyKind().get(2), everyKind().get(4)),
                RunFolder.open(folder).records());
    }

    @Test
    void aBrokenLineInTheMiddleIsAnErrorWithItsNumber() throws IOException {
        Path folder = temporary.resolve("a");
        try (RunWriter run = RunFolder.create(folder, description(1e-3))) {
            run.append(everyKind().get(2));
        }
        Files.writeString(folder.resolve("records.jsonl"), "{\"kind\":\"upd\n", StandardOpenOption.APPEND);
        refused(
                StandardError.MALFORMED_FILE,
                "line 2",
                () -> RunFolder.open(folder).records());
    }

    @Test
    void aLineWithoutANumberIsAnErrorAndNotZero() throws IOException {
        Path folder = temporary.resolve("a");
        try (RunWriter run = RunFolder.create(folder, description(1e-3))) {
            run.append(everyKind().get(2));
        }
        Path file = folder.resolve("records.jsonl");
        Files.writeString(file, Files.readString(file).replace("\"reward\":-1.25,", ""));
        refused(
                StandardError.MALFORMED_FILE,
                "reward",
                () -> RunFolder.open(folder).records());
    }

    @Test
    void keysOfLaterVersionsAreSkipped() throws IOException {
        Path folder = temporary.resolve("a");
        try (RunWriter run = RunFolder.create(folder, description(1e-3))) {
            run.append(everyKind().get(2));
        }
        Path file = folder.resolve("records.jsonl");
        Files.writeString(file, Files.readString(file).replace("\"reward\":", "\"later\":{\"a\":1},\"reward\":"));
        assertEquals(List.of(everyKind().get(2)), RunFolder.open(folder).records());
        Path study = folder.resolve("study.json");
        Files.writeString(study, Files.readString(study).replace("\"format\" : 1", "\"format\" : 99"));
        refused(StandardError.UNSUPPORTED, "format 99", () -> RunFolder.open(folder));
    }

    @Test
    void aFolderWithContentIsRefused() throws IOException {
        Files.writeString(temporary.resolve("letter.txt"), "dear");
        refused(StandardError.UNWRITABLE_OUTPUT, "not empty", () -> RunFolder.create(temporary, description(1e-3)));
        refused(StandardError.UNWRITABLE_OUTPUT, "not empty", () -> RunFolder.requireUsable(temporary));
        assertEquals("dear", Files.readString(temporary.resolve("letter.txt")));
    }

    @Test
    void aFinishedRunIsNotOverwrittenAndTheMessageTellsOfResume() {
        Path folder = temporary.resolve("a");
        RunFolder.create(folder, description(1e-3)).close();
        refused(StandardError.UNWRITABLE_OUTPUT, "--resume", () -> RunFolder.create(folder, description(1e-3)));
    }

    @Test
    void aFileInTheWayIsRefused() throws IOException {
        Path file = Files.writeString(temporary.resolve("a"), "x");
        refused(StandardError.UNWRITABLE_OUTPUT, "is a file", () -> RunFolder.create(file, description(1e-3)));
        refused(
                StandardError.UNWRITABLE_OUTPUT,
                "cannot be written",
                () -> RunFolder.create(file.resolve("beneath"), description(1e-3)));
    }

    @Test
    void aFolderWithoutPermissionIsRefused() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("a"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
        try {
            assumeFalse(Files.isWritable(folder), "the superuser may write everywhere");
            refused(StandardError.UNWRITABLE_OUTPUT, "permissions", () -> RunFolder.create(folder, description(1e-3)));
        } finally {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    @Test
    void twoRunsDoNotWriteTheSameFolder() {
        Path folder = temporary.resolve("a");
        try (RunWriter first = RunFolder.create(folder, description(1e-3))) {
            refused(StandardError.UNWRITABLE_OUTPUT, "in use", () -> RunFolder.resume(folder, description(1e-3)));
            first.append(everyKind().get(2));
        }
        RunFolder.resume(folder, description(1e-3)).close();
    }

    @Test
    void anotherProcessIsKeptOutToo() throws Exception {
        Path folder = temporary.resolve("a");
        RunWriter run = RunFolder.create(folder, description(1e-3));
        try (run) {
            Process other = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Continues.class.getName(),
                            folder.toString())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(2, other.waitFor(), said);
            assertTrue(
                    said.contains("in use by another run (process "
                            + ProcessHandle.current().pid()),
                    said);
        }
    }

    /** A second process that wants the same folder. */
    static final class Continues {
        private Continues() {}

        public static void main(String[] folder) {
            try {
                RunFolder.resume(Path.of(folder[0]), description(1e-3)).close();
                System.exit(0);
            } catch (PlumblineException refused) {
                System.err.println(refused.getMessage());
                System.exit(refused.code().kind().exitCode());
            }
        }
    }

    @Test
    void aRunOfAnotherStudyIsNotContinued() {
        Path folder = temporary.resolve("a");
        RunFolder.create(folder, description(1e-3)).close();
        refused(
                StandardError.INCOMPATIBLE,
                "differs from the study in training.optimiser.learning-rate;",
                () -> RunFolder.resume(folder, description(1e-4)));
    }

    @Test
    void theRecordSurvivesAnInterruptedThread() {
        Path folder = temporary.resolve("a");
        try (RunWriter run = RunFolder.create(folder, description(1e-3))) {
            Thread.currentThread().interrupt();
            run.append(everyKind().get(2));
            assertTrue(Thread.interrupted());
            run.append(everyKind().get(3));
        }
        assertEquals(everyKind().subList(2, 4), RunFolder.open(folder).records());
    }

    @Test
    void linesOfSeveralThreadsStayWhole() throws InterruptedException {
        Path folder = temporary.resolve("a");
        try (RunWriter run = RunFolder.create(folder, description(1e-3))) {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Thread thread = new Thread(() -> {
                    for (int line = 0; line < 100; line++) {
                        run.append(everyKind().get(4));
                    }
                });
                thread.start();
                threads.add(thread);
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertEquals(400, RunFolder.open(folder).records().size());
    }

    @Test
    void picturesAreReplacedWithoutTraces() throws IOException {
        Path folder = temporary.resolve("a");
        try (RunWriter run = RunFolder.create(folder, description(1e-3))) {
            run.saveBaseImage(new byte[] {1});
            run.saveImage("rlr exact", 1, RunFolder.Stage.AFTER, new byte[] {2});
            run.saveImage("rlr exact", 1, RunFolder.Stage.AFTER, new byte[] {3, 4});
            assertArrayEquals(
                    new byte[] {3, 4}, Files.readAllBytes(run.folder().image("rlr exact", 1, RunFolder.Stage.AFTER)));
        }
        try (Stream<Path> images = Files.list(folder.resolve("images"))) {
            assertEquals(
                    List.of("base.png", "rlr-exact-seed1-after.png"),
                    images.map(image -> image.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void trialsThatShareFileNamesAreRefused() {
        StudyDescription one = description(1e-3);
        StudyDescription.Trial trial = one.trials().get(0);
        StudyDescription.Trial twin = new StudyDescription.Trial(
                "rlr-exact", "rlr", "0.1.0", "b", Map.of(), Map.of(), List.of(), "DDIM", List.of());
        refused(
                StandardError.BAD_VALUE,
                "cannot be told apart",
                () -> new StudyDescription(
                        1,
                        one.name(),
                        one.created(),
                        one.command(),
                        one.source(),
                        one.environment(),
                        one.backend(),
                        one.model(),
                        one.sampler(),
                        one.rewards(),
                        one.training(),
                        one.evaluation(),
                        List.of(trial, twin),
                        one.seeds()));
    }

    @Test
    void runsAreListedAndWhatIsNoRunIsLeftOut() throws IOException {
        RunFolder.create(temporary.resolve("b"), description(1e-3)).close();
        Files.createDirectory(temporary.resolve("empty"));
        Files.writeString(Files.createDirectory(temporary.resolve("broken")).resolve("study.json"), "{");
        List<RunFolder> runs = RunFolder.list(temporary);
        assertEquals(1, runs.size());
        assertEquals(temporary.resolve("b"), runs.get(0).path());
        assertEquals(List.of(), RunFolder.list(temporary.resolve("absent")));
        refused(StandardError.MISSING_FILE, "not a run folder", () -> RunFolder.open(temporary.resolve("empty")));
        refused(StandardError.MALFORMED_FILE, "study description", () -> RunFolder.open(temporary.resolve("broken")));
    }

    @Test
    void costsAdd() {
        Cost twice = COST.plus(COST);
        assertEquals(82 + 2 * 41, twice.nfe());
        assertEquals(32, twice.rewardEvaluations());
        assertEquals(91L << 20, twice.peakBytes());
        assertEquals(COST, Cost.NONE.plus(COST));
    }
}
