package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.EventRecord;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.UpdateRecord;
import org.plumbline.kernel.study.Study;
import org.plumbline.spi.error.PlumblineException;

/** Studies in a running host, with its real estimators and the reference backend, on a problem in closed form. */
class StudyTest {
    private static final String STUDY = """
            name: toy
            model: {id: toy.model, folder: .}
            backend: {id: reference}
            sampler: {id: ddim, eta: 1, timestep-spacing: trailing, clip-sample: false, set-alpha-to-one: false}
            steps: 8
            guidance: 1.5
            target: {kind: full, modules: []}
            reward: {id: toy.reward}
            held-out: [{id: toy.first-pixel, label: brightness}]
            prompts: [one, other]
            batch: 16
            budget: {updates: 6}
            optimiser: {learning-rate: 0.01, gradient-clip: 10}
            evaluation: {every: 2, images-per-prompt: 8}
            gradients: {replicas: 0}
            estimators: [{id: rlr, h: 2}]
            seeds: [7]
            """;

    @TempDir
    static Path cache;

    @TempDir
    Path folder;

    private static ToyStudies studies;

    @BeforeAll
    static void start() {
        studies = new ToyStudies(cache);
    }

    @AfterAll
    static void stop() {
        studies.close();
    }

    @Test
    void measuresEveryEstimatorAgainstTheTruth() throws IOException {
        String study = ToyStudies.with(STUDY, "gradients", "{replicas: 60, seed: 11}", "estimators", """
                [{id: truncated-bp, label: exact, cutoff: full}, {id: truncated-bp, label: k1},
                 {id: rlr, label: tiled}, {id: rlr, label: rlr-exact, mode: exact, directions: 4},
                 {id: policy-gradient, label: ddpo}, {id: adjoint-dpm, label: adjoint, method: euler},
                 {id: adjoint-dpm, label: adjoint-exact, method: euler, exact: true}]""");
        List<GradientRecord> records =
                study(study, new Interruption(), Progress.silent()).gradients();

        Map<String, GradientRecord> byLabel = new java.util.TreeMap<>();
        records.forEach(line -> byLabel.put(line.trial(), line));
        assertAll(
                () -> assertEquals(0, byLabel.get("exact").bias(), 1e-12),
                () -> assertEquals(0, byLabel.get("adjoint-exact").bias(), 1e-12),
                () -> assertTrue(byLabel.get("k1").biasZ() > 3, "K=1 is biased"),
                () -> assertTrue(byLabel.get("adjoint").bias() > 0.02, "Euler's adjoint is not its exact one"),
                () -> assertTrue(Math.abs(byLabel.get("tiled").biasZ()) < 3, "RLR tiled"),
                () -> assertTrue(Math.abs(byLabel.get("rlr-exact").biasZ()) < 3, "RLR exact"),
                () -> assertTrue(Math.abs(byLabel.get("ddpo").biasZ()) < 3, "policy gradient"),
                () -> assertEquals(8 + 8, byLabel.get("exact").cost().nfeForward()),
                () -> assertEquals(8, byLabel.get("exact").cost().nfeBackward()),
                () -> assertEquals(8 + 1, byLabel.get("k1").cost().nfeForward()),
                () -> assertEquals(1, byLabel.get("k1").cost().nfeBackward()),
                () -> assertEquals(
                        8 + 1 + 2 + 2 * 4 * 8, byLabel.get("rlr-exact").cost().nfeForward()),
                () -> assertEquals(3, byLabel.get("rlr-exact").cost().nfeBackward()));
    }

    @Test
    void fineTuningImprovesTheReward() throws IOException {
        String study = ToyStudies.with(STUDY, "budget", "{updates: 40}", "optimiser", "{learning-rate: 0.03}");
        RunFolder run = study(study, new Interruption(), Progress.silent()).run(folder.resolve("run"), false);

        List<EvaluationRecord> evaluations = run.records().stream()
                .filter(EvaluationRecord.class::isInstance)
                .map(EvaluationRecord.class::cast)
                .toList();
        EvaluationRecord base = evaluations.get(0);
        EvaluationRecord last = evaluations.get(evaluations.size() - 1);
        assertTrue(
                last.reward().mean() > base.reward().mean() + 3 * base.reward().standardError(),
                base.reward() + " -> " + last.reward());
        assertTrue(last.heldOut().containsKey("brightness"));
        assertTrue(Files.exists(run.weights("rlr", 7).resolve("weights.safetensors")));
    }

    @Test
    void aStoppedRunGoesOnBitByBit() throws IOException {
        for (String estimator : List.of(
                "[{id: rlr, mode: exact}]",
                "[{id: policy-gradient, objective: clip, baseline: per-prompt, updates-per-rollout: 3}]")) {
            Path whole = folder.resolve("whole" + estimator.length());
            Path parts = folder.resolve("parts" + estimator.length());
            String study =
                    ToyStudies.with(STUDY, "estimators", estimator, "optimiser", "{learning-rate: 0.01, ema: 0.9}");
            RunFolder uninterrupted =
                    study(study, new Interruption(), Progress.silent()).run(whole, false);

            Interruption interruption = new Interruption();
            AtomicInteger updates = new AtomicInteger();
            Study first = study(study, interruption, onUpdate(() -> {
                if (updates.incrementAndGet() == 4) {
                    interruption.request();
                }
            }));
            assertThrows(PlumblineException.class, () -> first.run(parts, false));
            assertEquals(4, updatesOf(RunFolder.open(parts)), "what was recorded stays readable");
            RunFolder resumed =
                    study(study, new Interruption(), Progress.silent()).run(parts, true);

            String label = uninterrupted.description().trials().get(0).label();
            assertArrayEquals(
                    Files.readAllBytes(uninterrupted.weights(label, 7).resolve("weights.safetensors")),
                    Files.readAllBytes(resumed.weights(label, 7).resolve("weights.safetensors")));
            assertEquals(rewards(uninterrupted), rewards(resumed));
        }
    }

    @Test
    void aReplacedPluginDoesNotChangeTheNumbers() throws IOException {
        RunFolder alone = study(STUDY, new Interruption(), Progress.silent()).run(folder.resolve("alone"), false);

        PluginCatalog catalog = studies.catalog();
        PluginCatalog.Registration[] second = new PluginCatalog.Registration[1];
        var duplicate = ToyPlugins.provider(
                "toy.second-model",
                org.plumbline.kernel.plugin.PluginRole.MODEL,
                () -> catalog.lease(org.plumbline.spi.model.ModelLoader.class, "toy.model", Map.of(), folder)
                        .get());
        second[0] = catalog.register(duplicate);
        AtomicInteger updates = new AtomicInteger();
        Study swapped = study(
                ToyStudies.with(STUDY, "model", "{id: toy.second-model, folder: .}"),
                new Interruption(),
                onUpdate(() -> {
                    if (updates.incrementAndGet() == 3) {
                        PluginCatalog.Registration gone = second[0];
                        second[0] = catalog.register(duplicate);
                        Thread withdrawal = new Thread(() -> gone.withdraw(java.time.Duration.ofSeconds(30)));
                        withdrawal.start();
                        while (catalog.list().stream()
                                        .filter(plugin -> plugin.id().equals("toy.second-model"))
                                        .count()
                                > 1) {
                            Thread.onSpinWait();
                        }
                    }
                }));
        RunFolder run = swapped.run(folder.resolve("swapped"), false);

        assertTrue(run.records().stream()
                .anyMatch(
                        line -> line instanceof EventRecord event && event.type() == EventRecord.Type.PLUGIN_SWAPPED));
        assertEquals(rewards(alone), rewards(run));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            estimators | [{id: rlrr}]                          | UNKNOWN_PLUGIN | rlr
            estimators | [{id: rlr, hh: 2}]                    | UNKNOWN_KEY    | directions
            estimators | [{id: rlr, h: 8}]                     | BAD_VALUE      | 1 to 7
            estimators | [{id: truncated-bp, steps: 9}]        | BAD_VALUE      | 1 to 8
            estimators | [{id: rlr}, {id: rlr}]                | BAD_VALUE      | label
            sampler    | {id: ddim, eta: 0}                    | INCOMPATIBLE   | eta
            sampler    | {id: ddim, eta: 2}                    | BAD_VALUE      | 0 to 1
            reward     | {id: toy.first-pixel}                 | INCOMPATIBLE   | policy-gradient
            backend    | {id: djl-pytorch, device: cuda}       | MISSING_DEVICE | cuda
            model      | {id: toy.model, folder: no/such}      | MISSING_FILE   | no/such
            budget     | {updates: 3, nfe: 4}                  | BAD_VALUE      | exactly one
            prompts    | []                                    | BAD_VALUE      | prompts
            stepss     | 3                                     | UNKNOWN_KEY    | steps
            """)
    void refusesWhatCannotRunBeforeTheFirstStep(String key, String value, String code, String hint) {
        PlumblineException refusal = assertThrows(
                PlumblineException.class,
                () -> study(ToyStudies.with(STUDY, key, value), new Interruption(), Progress.silent()));
        assertEquals(code, refusal.code().name(), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(hint), refusal.getMessage());
    }

    @Test
    void refusesAnOutputFolderThatIsInUse() throws IOException {
        Path taken = Files.createDirectories(folder.resolve("taken"));
        Files.writeString(taken.resolve("thesis.txt"), "do not lose this");
        PlumblineException refusal = assertThrows(
                PlumblineException.class,
                () -> study(STUDY, new Interruption(), Progress.silent()).run(taken, false));
        assertEquals("UNWRITABLE_OUTPUT", refusal.code().name());
        assertEquals("do not lose this", Files.readString(taken.resolve("thesis.txt")));
        assertFalse(Files.exists(taken.resolve("study.json")));
    }

    private Study study(String text, Interruption interruption, Progress progress) throws IOException {
        return studies.study(folder.resolve("study.yaml"), text, interruption, progress);
    }

    private static Progress onUpdate(Runnable action) {
        return new Progress() {
            @Override
            public Task begin(String title, long total, String unit) {
                return new Task() {
                    @Override
                    public void advance(long done, Map<String, Double> values) {
                        if (unit.equals("updates")) {
                            action.run();
                        }
                    }

                    @Override
                    public void close() {}
                };
            }

            @Override
            public void say(String line) {}
        };
    }

    private static long updatesOf(RunFolder run) {
        return run.records().stream().filter(UpdateRecord.class::isInstance).count();
    }

    private static List<Double> rewards(RunFolder run) {
        return run.records().stream()
                .filter(UpdateRecord.class::isInstance)
                .map(line -> ((UpdateRecord) line).reward())
                .toList();
    }
}
