package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.AdapterForm;
import org.plumbline.spi.model.ModelLoader;

/** Adapters that a study trains are written in every form, and a study that starts from them starts where it ended. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdapterStudyTest {
    /** alpha / rank is no power of two. */
    private static final String STUDY = """
            name: adapters
            model: {id: diffusers, folder: models/digits}
            backend: {id: djl-pytorch}
            sampler: {id: ddim, eta: 1}
            steps: 2
            guidance: 2
            target: {kind: lora, rank: 3, alpha: 5, modules: [to_q, to_k, conv1, ff.net.2]}
            reward: {id: stroke-weight, measure: thickness}
            prompts: [a handwritten one, a handwritten two]
            batch: 2
            budget: {updates: 2}
            optimiser: {learning-rate: 0.05}
            evaluation: {every: 1, images-per-prompt: 2}
            gradients: {replicas: 0}
            estimators: [{id: truncated-bp, label: k1}]
            seeds: [1]
            """;

    @TempDir
    static Path folder;

    private ToyStudies studies;
    private EvaluationRecord base;
    private EvaluationRecord trained;
    private Path weights;

    @BeforeAll
    void train() throws IOException {
        studies = new ToyStudies(folder.resolve("cache"));
        RunFolder run = run(STUDY, "trained");
        List<EvaluationRecord> evaluations = evaluations(run);
        base = evaluations.get(0);
        trained = evaluations.get(evaluations.size() - 1);
        weights = run.weights("k1", 1);
    }

    @AfterAll
    void stop() {
        studies.close();
    }

    private RunFolder run(String study, String name) throws IOException {
        return studies.study(folder.resolve(name + ".yaml"), study, new Interruption(), Progress.silent())
                .run(folder.resolve(name), false);
    }

    private static List<EvaluationRecord> evaluations(RunFolder run) throws IOException {
        return run.records().stream()
                .filter(EvaluationRecord.class::isInstance)
                .map(EvaluationRecord.class::cast)
                .toList();
    }

    private static String startingFrom(Path file, String more) {
        return ToyStudies.with(
                STUDY, "target", "{kind: lora, start: '" + file + "'" + more + "}", "budget", "{updates: 1}");
    }

    @Test
    void whatIsReadBackInAnyFormSamplesWhatWasTrainedBitForBit() throws IOException {
        assertNotEquals(base.reward().mean(), trained.reward().mean(), "training changes the samples");
        for (AdapterForm form : AdapterForm.values()) {
            Path converted;
            try (Lease<ModelLoader> loader =
                    studies.catalog().lease(ModelLoader.class, "diffusers", Map.of(), folder)) {
                converted = loader.get()
                        .convert(App.HOME.resolve("models/digits"), weights, form, folder.resolve("as-" + form));
            }
            String name = form.name().toLowerCase(Locale.ROOT);
            RunFolder run = run(startingFrom(converted, ", form: " + name), name);
            EvaluationRecord first = evaluations(run).get(0);
            assertEquals(trained.reward(), first.reward(), name);
            String description = Files.readString(run.path().resolve("study.json"));
            assertTrue(description.contains("LoRA that starts from "), description);
            assertTrue(
                    description.contains("start: " + converted.getFileName()), "the checksum of what it starts from");
            assertTrue(
                    Files.exists(run.weights("k1", 1).resolve(converted.getFileName())), "saved in the form asked for");
        }
    }

    @Test
    void aStudyThatContradictsTheAdaptersItStartsFromIsRefusedBeforeItRuns() {
        PlumblineException e =
                assertThrows(PlumblineException.class, () -> run(startingFrom(weights, ", rank: 8"), "contradiction"));
        assertEquals(StandardError.INCOMPATIBLE, e.code());
        assertTrue(String.valueOf(e.getMessage()).contains("rank: asked for 8, the file has 3"), e.getMessage());
        e = assertThrows(
                PlumblineException.class,
                () -> run(ToyStudies.with(STUDY, "target", "{kind: full, start: '" + weights + "'}"), "not-adapters"));
        assertEquals(StandardError.INCOMPATIBLE, e.code());
    }
}
