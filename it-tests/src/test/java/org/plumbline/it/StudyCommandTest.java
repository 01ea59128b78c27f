package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.record.EventRecord;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.UpdateRecord;

/** Studies as a user starts them, in a process of their own, with the native backend and the shipped model. */
class StudyCommandTest {
    private static final String STUDY = """
            name: small
            model: {id: diffusers, folder: models/digits}
            backend: {id: djl-pytorch}
            sampler: {id: ddim, eta: 1}
            steps: 4
            guidance: 2
            reward: {id: stroke-weight, measure: thickness}
            held-out: [{id: digit-classifier}]
            prompts: [a handwritten one, a handwritten two]
            batch: 4
            budget: {updates: UPDATES}
            evaluation: {every: 2, images-per-prompt: 2}
            gradients: {replicas: 3}
            estimators: [{id: truncated-bp, cutoff: full, label: exact}, {id: rlr, mode: exact}, {id: adjoint-dpm}]
            seeds: [1]
            """;

    @TempDir
    private Path folder;

    private Process start(String... arguments) throws IOException {
        return new AppProcess(folder).start(arguments);
    }

    private int run(String... arguments) throws Exception {
        return new AppProcess(folder).run(arguments);
    }

    private String text(String file) throws IOException {
        return new AppProcess(folder).text(file);
    }

    private void write(String study) throws IOException {
        Files.writeString(folder.resolve("study.yaml"), study);
    }

    @Test
    void endsWithAReportTheTrainedAdaptersAndTables() throws Exception {
        write(STUDY.replace("UPDATES", "2"));
        assertEquals(0, run("study", "study.yaml", "--output", "run"), () -> error());
        RunFolder run = RunFolder.open(folder.resolve("run"));
        List<GradientRecord> gradients = run.records().stream()
                .filter(GradientRecord.class::isInstance)
                .map(GradientRecord.class::cast)
                .toList();
        assertAll(
                () -> assertEquals(3, gradients.size()),
                () -> assertEquals(0, gradients.get(0).bias(), 1e-6),
                () -> assertEquals(6, updates(run)),
                () -> assertTrue(text("run/report.html").contains("truncated-bp")),
                () -> assertTrue(text("run/records.csv").lines().count() > 6),
                () -> assertTrue(Files.exists(run.weights("rlr", 1).resolve("pytorch_lora_weights.safetensors"))),
                () -> assertTrue(text("out").contains("Report: "), text("out")),
                () -> assertTrue(text("err").contains("about "), "says how long it will take: " + text("err")));
    }

    @Test
    @Timeout(300)
    void ctrlCKeepsWhatIsRecordedAndTheRunGoesOn() throws Exception {
        write(STUDY.replace("UPDATES", "40").replace("replicas: 3", "replicas: 0"));
        Process process = start("study", "study.yaml", "--output", "run");
        Path records = folder.resolve("run/records.jsonl");
        while (process.isAlive() && (!Files.exists(records) || updates(RunFolder.open(folder.resolve("run"))) < 2)) {
            Thread.sleep(50);
        }
        process.destroy();
        assertTrue(process.waitFor(120, TimeUnit.SECONDS), "still running");

        RunFolder stopped = RunFolder.open(folder.resolve("run"));
        long before = updates(stopped);
        assertTrue(before >= 2 && before < 120, before + " updates");
        assertTrue(stopped.records().stream()
                .anyMatch(line -> line instanceof EventRecord event && event.type() == EventRecord.Type.STOPPED_EARLY));
        assertTrue(Files.exists(folder.resolve("run/report.html")), "a report of what there is");

        assertEquals(0, run("study", "study.yaml", "--output", "run", "--resume"), () -> error());
        assertEquals(120, updates(RunFolder.open(folder.resolve("run"))), "no update is lost or made twice");
    }

    @Test
    void refusesWithAMessageAndAnExitCode() throws Exception {
        assertEquals(2, run("study", "no-such.yaml"));
        assertTrue(text("err").contains("no-such.yaml"), text("err"));

        write("name: [unfinished");
        assertEquals(2, run("study", "study.yaml"));
        assertTrue(text("err").contains("no valid YAML"), text("err"));

        write(STUDY.replace("UPDATES", "2").replace("models/digits", "broken"));
        damagedModel();
        assertEquals(2, run("study", "study.yaml", "--output", "run"));
        assertTrue(text("err").contains("diffusion_pytorch_model.safetensors"), text("err"));
        assertFalse(Files.exists(folder.resolve("run/study.json")), "nothing is begun");

        write(STUDY.replace("UPDATES", "2").replace("stroke-weight, measure: thickness", "jpeg-compressibility"));
        assertEquals(2, run("study", "study.yaml", "--output", "run"));
        assertTrue(text("err").contains("black box"), text("err"));
    }

    /** Each by its name, and before anything runs: what is made for images, and what is made for videos. */
    @Test
    void refusesRewardsForImagesOnVideosAndTheOtherWayRound() throws Exception {
        String videos = STUDY.replace("UPDATES", "2").replace("models/digits", "models/digits-motion");
        write(videos);
        assertEquals(2, run("study", "study.yaml", "--output", "run"));
        assertTrue(text("err").contains("stroke-weight"), text("err"));

        write(videos.replace("stroke-weight, measure: thickness", "jpeg-compressibility")
                .replace(
                        "{id: truncated-bp, cutoff: full, label: exact}, {id: rlr, mode: exact}, {id: adjoint-dpm}",
                        "{id: rlr}"));
        assertEquals(2, run("study", "study.yaml", "--output", "run"));
        assertTrue(text("err").contains("'jpeg-compressibility' cannot score"), text("err"));
        assertTrue(text("err").contains("[1, 8, 16, 16]"), text("err"));

        write(STUDY.replace("UPDATES", "2").replace("stroke-weight, measure: thickness", "motion-amount"));
        assertEquals(2, run("study", "study.yaml", "--output", "run"));
        assertTrue(text("err").contains("motion-amount"), text("err"));
        assertFalse(Files.exists(folder.resolve("run/study.json")), "nothing is begun");
    }

    /** The shipped model with the last kilobyte of its network missing. */
    private void damagedModel() throws IOException {
        Path model = App.HOME.resolve("models/digits");
        try (Stream<Path> files = Files.walk(model)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy =
                        folder.resolve("broken").resolve(model.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                byte[] content = Files.readAllBytes(file);
                boolean network = file.endsWith("unet/diffusion_pytorch_model.safetensors");
                Files.write(copy, network ? java.util.Arrays.copyOf(content, content.length - 1024) : content);
            }
        }
    }

    private String error() {
        try {
            return text("err");
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    private static long updates(RunFolder run) {
        return run.records().stream().filter(UpdateRecord.class::isInstance).count();
    }
}
