package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The doctor as the shell sees it; and that it says what the study itself would have said. */
class DoctorTest {
    private static final String STUDY = """
            name: examined
            model: {id: diffusers, folder: models/digits}
            backend: {id: %s}
            sampler: {id: ddim, eta: 0}
            steps: 4
            target: {kind: lora, rank: 2}
            reward: {id: %s}
            prompts: [a photo of the digit three]
            batch: 2
            budget: {updates: 1}
            gradients: {replicas: 0}
            estimators: [{id: spsa}, {id: truncated-bp, label: mine}, {id: policy-gradient}]
            output: out
            """;

    private record Outcome(int exitCode, String out, String err) {
        JsonNode json() throws IOException {
            return new ObjectMapper().readTree(out);
        }

        /** What was found of something. */
        JsonNode finding(String what, String area) throws IOException {
            for (JsonNode finding : json().get("findings")) {
                if (finding.get("what").asText().equals(what)
                        && finding.get("area").asText().startsWith(area)) {
                    return finding;
                }
            }
            throw new AssertionError("nothing is said of '" + what + "' in " + out);
        }

        JsonNode finding(String what) throws IOException {
            return finding(what, "");
        }

        String found(String what, String area) throws IOException {
            return finding(what, area).get("found").asText();
        }

        String found(String what) throws IOException {
            return found(what, "");
        }
    }

    @TempDir
    private Path folder;

    private Path plugins;

    @BeforeEach
    void folders() throws IOException {
        plugins = Files.createDirectories(folder.resolve("more"));
    }

    private Outcome run(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dai.djl.offline=true",
                "-Dplumbline.home=" + App.HOME,
                "-cp",
                App.HOME.resolve("lib") + "/*",
                "org.plumbline.launcher.Main"));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--plugins", plugins.toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(folder.resolve("stdout").toFile())
                .redirectError(folder.resolve("stderr").toFile());
        builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
        builder.environment().put("OMP_NUM_THREADS", "1");
        builder.environment()
                .put("PYTORCH_LIBRARY_PATH", App.HOME.resolve("native/libtorch").toString());
        Process process = builder.start();
        assertTrue(process.waitFor(120, TimeUnit.SECONDS), "still running");
        return new Outcome(
                process.exitValue(),
                Files.readString(folder.resolve("stdout")),
                Files.readString(folder.resolve("stderr")));
    }

    private String study(String backend, String reward) throws IOException {
        return Files.writeString(folder.resolve("study.yaml"), STUDY.formatted(backend, reward))
                .toString();
    }

    @Test
    void theDistributionIsWellAndAStudyIsToldWhatItWouldUse() throws Exception {
        Outcome doctor = run("doctor", App.HOME.resolve("studies/toy.yaml").toString(), "--json");
        assertEquals(0, doctor.exitCode(), doctor.out() + doctor.err());
        assertAll(
                () -> assertTrue(doctor.found("libtorch").endsWith(": for CPU")),
                () -> assertTrue(doctor.found("djl-pytorch").startsWith("libtorch 2.7.1")),
                () -> assertTrue(doctor.found("reference").contains("float64 forward vjp")),
                () -> assertTrue(doctor.found("ONNX Runtime").startsWith("1.28")),
                () -> assertTrue(doctor.found("available").contains(" plugins in ")),
                () -> assertTrue(doctor.found("backend").startsWith("reference: "), doctor.found("backend")),
                () -> assertEquals(
                        "works with this backend, this reward and this sampler", doctor.found("trial 'SPSA (signs)'")),
                () -> assertEquals("can be held against exact back-propagation", doctor.found("gradients")),
                () -> assertTrue(doctor.found("memory", "study").contains("of state for 16 trained numbers")));
    }

    @Test
    void everyTrialOfAStudyIsJudgedAndNothingIsStarted() throws Exception {
        String study = study("reference", "jpeg-compressibility");
        Outcome doctor = run("doctor", study, "--json");
        assertEquals(2, doctor.exitCode(), doctor.out() + doctor.err());
        String mine = doctor.found("trial 'mine'");
        assertAll(
                () -> assertEquals(
                        "ok", doctor.finding("trial 'spsa'").get("state").asText()),
                () -> assertTrue(mine.contains("needs the reward's gradient, and this reward is a black box"), mine),
                () -> assertTrue(mine.contains("the estimators spsa"), mine),
                () -> assertTrue(
                        doctor.found("trial 'policy-gradient'").contains("needs noise in the sampler's steps")),
                () -> assertFalse(Files.exists(folder.resolve("out")), "a run was begun"));

        Outcome run = run("study", study);
        assertEquals(2, run.exitCode());
        assertTrue(run.err().replaceAll("\\s+", " ").contains("needs the reward's gradient"), run.err());
    }

    @Test
    void cudaWhereThereIsNoneIsAnErrorOfTheDoctorAndOfTheStudyAlike() throws Exception {
        assumeFalse(Files.exists(Path.of("/proc/driver/nvidia/version")), "this machine may have CUDA");
        String study = study("djl-pytorch, device: cuda", "stroke-weight");
        Outcome doctor = run("doctor", study, "--json");
        assertEquals(2, doctor.exitCode(), doctor.out() + doctor.err());
        JsonNode backend = doctor.finding("backend");
        assertEquals("broken", backend.get("state").asText());
        assertTrue(backend.get("found").asText().contains("device 'cuda' cannot be used"), backend.toString());
        assertTrue(doctor.found("CUDA driver").contains("there is no NVIDIA driver"), doctor.out());
        assertTrue(doctor.found("djl-pytorch, device: cuda")
                .startsWith("not available because device 'cuda' cannot be used"));

        Outcome run = run("study", study);
        assertEquals(2, run.exitCode(), run.err());
        assertTrue(run.err().contains("device 'cuda' cannot be used"), run.err());
        assertTrue(run.err().contains("MISSING_DEVICE"), run.err());
        assertFalse(Files.exists(folder.resolve("out/study.json")), "it ran on the CPU instead");
    }

    @Test
    void aPluginThatCannotBeUsedHasAnExitCodeOfItsOwn() throws Exception {
        PluginJar.reward("needy", "1.0.0", "org.example.needy")
                .imports("org.nobody.offers.this")
                .dropInto(plugins, "needy.jar");
        Outcome doctor = run("doctor");
        assertEquals(3, doctor.exitCode(), doctor.out() + doctor.err());
        assertTrue(doctor.out().contains("org.nobody.offers.this"), doctor.out());
        assertTrue(doctor.out().endsWith("1 broken, 0 warnings.\n"), doctor.out());
    }

    @Test
    void aFileThatIsNoStudyIsAUsersMistake() throws Exception {
        Files.writeString(folder.resolve("study.yaml"), "name: [unfinished");
        Outcome doctor = run("doctor", "study.yaml");
        assertEquals(2, doctor.exitCode());
        assertTrue(doctor.out().replaceAll("\\s+", " ").contains("is no valid YAML"), doctor.out());
    }
}
