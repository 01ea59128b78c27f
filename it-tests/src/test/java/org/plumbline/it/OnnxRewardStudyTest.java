package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** The study whose reward comes from an ONNX file, in the running host and on the native backend. */
class OnnxRewardStudyTest {
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

    private static String study(String... changes) throws IOException {
        String shipped = Files.readString(App.HOME.resolve("studies/onnx-reward.yaml"))
                .replace("steps: 10", "steps: 3")
                .replace("budget: {updates: 10}", "budget: {updates: 1}")
                .replace("batch: 8", "batch: 2");
        String smaller = ToyStudies.with(shipped, "evaluation", "{every: 1, images-per-prompt: 1}");
        return ToyStudies.with(smaller, changes);
    }

    private RunFolder run(String text) throws IOException {
        return studies.study(folder.resolve("study.yaml"), text, new Interruption(), Progress.silent())
                .run(folder.resolve("run"), false);
    }

    @Test
    void theFileScoresAsTheRewardThatHasTheSameWeights() throws IOException {
        RunFolder run = run(study());
        assertTrue(run.description().trainedReward().differentiable(), "its operators are known");
        assertEquals("nats", run.description().trainedReward().unit());
        List<EvaluationRecord> evaluations = run.records().stream()
                .filter(EvaluationRecord.class::isInstance)
                .map(EvaluationRecord.class::cast)
                .toList();
        assertFalse(evaluations.isEmpty());
        for (EvaluationRecord evaluation : evaluations) {
            double expected =
                    evaluation.heldOut().get("the same by its own reward").mean();
            assertEquals(expected, evaluation.reward().mean(), 1e-5 * Math.abs(expected));
        }
    }

    @Test
    void anEstimatorThatNeedsTheGradientIsToldWhyThereIsNone() throws IOException {
        String scoreOnly = study().replace("  unit: nats", "  unit: nats\n  gradient: none");
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> run(scoreOnly));
        assertEquals(StandardError.INCOMPATIBLE, refusal.code());
        assertTrue(
                refusal.getMessage().contains("this reward is a black box: the setting gradient is none"),
                refusal.getMessage());
    }
}
