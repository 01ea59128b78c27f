package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.SwapReport;
import org.plumbline.kernel.record.UpdateRecord;

/** Jobs that run in a process of their own and are moved to another backend from a second one. */
@Timeout(300)
class BackendCommandTest {
    private static final String STUDY = """
            name: moved
            model: {id: diffusers, folder: models/digits}
            backend: {id: djl-pytorch}
            sampler: {id: ddim, eta: 1}
            steps: 4
            guidance: 2
            reward: {id: stroke-weight, measure: thickness}
            prompts: [a handwritten one, a handwritten two]
            batch: 4
            budget: {updates: 40}
            evaluation: {every: 10, images-per-prompt: 2}
            gradients: {replicas: 0}
            estimators: [{id: rlr, h: 2}]
            seeds: [1]
            """;

    @TempDir
    private Path folder;

    private AppProcess app;

    @BeforeEach
    void study() throws IOException {
        app = new AppProcess(folder);
        Files.writeString(folder.resolve("study.yaml"), STUDY);
    }

    @Test
    void aRunningJobIsMovedToOnnxRuntimeForItsRollouts() throws Exception {
        Process job = startAndWaitForUpdates();
        assertEquals(0, app.runAs("status-", "backend", "status"));
        assertEquals(
                0,
                app.runAs("swap-", "backend", "swap", "djl-pytorch", "threads=1", "--rollouts", "onnxruntime"),
                () -> text("swap-out") + text("swap-err"));
        assertNotEquals(0, app.runAs("wrong-", "backend", "swap", "onnxruntime"));
        assertEquals(0, AppProcess.ended(job), () -> text("err"));

        RunFolder run = RunFolder.open(folder.resolve("run"));
        List<SwapReport> swaps = run.records().stream()
                .filter(SwapReport.class::isInstance)
                .map(SwapReport.class::cast)
                .toList();
        assertAll(
                () -> assertTrue(
                        text("status-out").contains("study 'moved' in " + folder.resolve("run")), text("status-out")),
                () -> assertTrue(text("status-out").contains("backend: djl-pytorch"), text("status-out")),
                () -> assertTrue(text("swap-out").contains("Backend swapped (requested)"), text("swap-out")),
                () -> assertTrue(text("wrong-out").contains("[FORWARD, VJP]"), text("wrong-out")),
                () -> assertEquals(1, swaps.size()),
                () -> assertTrue(swaps.get(0).to().contains("ONNX Runtime"), swaps::toString),
                () -> assertEquals(40, updates(run)),
                () -> assertTrue(text("run/report.html").contains("Backend swapped"), "the report tells of it"));
    }

    @Test
    void aJobThatIsKilledInTheMiddleOfASwapCanBeContinuedBitByBit() throws Exception {
        assertEquals(0, app.run("train", "study.yaml", "--output", "alone"), () -> text("err"));

        Process job = startAndWaitForUpdates();
        Process order = app.startAs("swap-", "backend", "swap", "djl-pytorch");
        while (order.isAlive() && !text("swap-out").contains("ordered")) {
            Thread.sleep(1);
        }
        job.destroyForcibly();
        AppProcess.ended(job);
        AppProcess.ended(order);
        assertTrue(updates(RunFolder.open(folder.resolve("run"))) < 40, "it was killed in time");

        assertEquals(0, app.runAs("none-", "backend", "status"));
        assertEquals("no job is running", text("none-out").strip());
        assertEquals(0, app.run("train", "study.yaml", "--output", "run", "--resume"), () -> text("err"));
        RunFolder run = RunFolder.open(folder.resolve("run"));
        assertEquals(40, updates(run));
        assertArrayEquals(weights(RunFolder.open(folder.resolve("alone"))), weights(run));
    }

    private Process startAndWaitForUpdates() throws Exception {
        Process job = app.start("train", "study.yaml", "--output", "run");
        Path records = folder.resolve("run/records.jsonl");
        while (job.isAlive() && (!Files.exists(records) || updates(RunFolder.open(folder.resolve("run"))) < 2)) {
            Thread.sleep(20);
        }
        return job;
    }

    private String text(String file) {
        try {
            return app.text(file);
        } catch (IOException unreadable) {
            return "no " + file;
        }
    }

    private static long updates(RunFolder run) {
        // Those that a continued run made anew are there twice.
        return run.records().stream()
                .filter(UpdateRecord.class::isInstance)
                .map(line -> ((UpdateRecord) line).update())
                .distinct()
                .count();
    }

    private static byte[] weights(RunFolder run) throws IOException {
        return Files.readAllBytes(run.weights("rlr", 1).resolve("pytorch_lora_weights.safetensors"));
    }
}
