package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.record.GradientRecord.Verdict.Kind;
import org.plumbline.kernel.record.Measurements;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.report.Report;
import org.plumbline.kernel.study.Study;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Gradient measurements in a running host, with its real estimators, on a problem in closed form. */
class GradientMeasurementTest {
    private static final String STUDY = """
            name: toy
            model: {id: toy.model, folder: .}
            backend: {id: reference}
            sampler: {id: ddim, eta: 1, timestep-spacing: trailing, clip-sample: false, set-alpha-to-one: false}
            steps: 6
            target: {kind: full, modules: []}
            reward: {id: toy.reward}
            prompts: [one, other]
            batch: 8
            budget: {updates: 4}
            optimiser: {learning-rate: 0.01, gradient-clip: 10, warm-up: 2}
            evaluation: {every: 4, images-per-prompt: 2}
            gradients: GRADIENTS
            estimators: [{id: truncated-bp, label: exact, cutoff: full}, {id: truncated-bp, label: k1},
              {id: rlr, label: rlr-exact, mode: exact}]
            seeds: [7]
            parallel: 2
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

    private Study study(String gradients, Interruption interruption, Progress progress) throws IOException {
        return studies.study(
                folder.resolve("study.yaml"), STUDY.replace("GRADIENTS", gradients), interruption, progress);
    }

    private Study study(String gradients) throws IOException {
        return study(gradients, new Interruption(), Progress.silent());
    }

    /** Without what no two runs have in common: times and memory. */
    private static Map<List<String>, List<Object>> numbers(RunFolder run) {
        Map<List<String>, List<Object>> numbers = new TreeMap<>(java.util.Comparator.comparing(List::toString));
        for (GradientRecord line : Measurements.of(run).gradients()) {
            numbers.put(
                    List.of(line.point(), line.trial()),
                    List.of(
                            line.replicas(),
                            line.truth(),
                            line.truthNorm(),
                            line.bias(),
                            line.biasZ(),
                            line.length(),
                            line.cosine(),
                            line.variance(),
                            line.cost().nfe(),
                            line.groups(),
                            line.steps(),
                            line.unresolved()));
        }
        return numbers;
    }

    @Test
    void aStoppedMeasurementGoesOnWithTheSameNumbers() throws IOException {
        String gradients = "{replicas: 9, points: [{}, {after: 3, estimator: exact, seed: 7}]}";
        RunFolder whole = study(gradients).measure(folder.resolve("whole"), false);
        assertEquals(6, numbers(whole).size());

        Interruption interruption = new Interruption();
        Study first = study(gradients, interruption, after(14, interruption::request));
        PlumblineException stopped =
                assertThrows(PlumblineException.class, () -> first.measure(folder.resolve("parts"), false));
        assertEquals(StandardError.INTERRUPTED, stopped.code());
        RunFolder part = RunFolder.open(folder.resolve("parts"));
        List<GradientRecord> partial = Measurements.of(part).gradients();
        assertEquals(6, partial.size(), "what the replicas say that are there is recorded");
        assertEquals(9, partial.get(0).replicas());
        assertTrue(partial.get(5).replicas() >= 2 && partial.get(5).replicas() < 9, partial.get(5)::toString);
        assertTrue(Files.isDirectory(part.path().resolve("replicas")));

        int[] made = new int[1];
        RunFolder resumed = study(gradients, new Interruption(), counting(made)).measure(part.path(), true);
        assertEquals(numbers(whole), numbers(resumed));
        assertFalse(Files.exists(part.path().resolve("replicas")), "nothing is left behind");
        assertEquals(9, made[0], "the first point was complete");
        assertTrue(Files.readString(Report.write(resumed)).contains("toy: after 3 updates of exact"));
    }

    @Test
    void aPartTrainedPointIsWhereATrialOfTheStudyWouldBe() throws IOException {
        RunFolder run = study("{replicas: 0}").run(folder.resolve("run"), false);
        Path weights = run.weights("k1", 7).toAbsolutePath();
        RunFolder measured = study(
                        "{replicas: 4, points: [{name: made, after: 4, estimator: k1, seed: 7}, {name: read, weights: "
                                + weights.resolve("weights.safetensors") + "}]}")
                .measure(folder.resolve("measured"), false);
        Map<List<String>, List<Object>> numbers = numbers(measured);
        for (String trial : List.of("exact", "k1", "rlr-exact")) {
            assertEquals(numbers.get(List.of("toy: made", trial)), numbers.get(List.of("toy: read", trial)), trial);
        }
    }

    @Test
    void stepsAndGroupsShareTheVarianceAndZerothOrderTermsHaveNoStep() throws IOException {
        Map<String, GradientRecord> byLabel = new TreeMap<>();
        study("{replicas: 30}").gradients().forEach(line -> byLabel.put(line.trial(), line));
        for (GradientRecord line : byLabel.values()) {
            double steps = line.steps().stream()
                    .mapToDouble(GradientRecord.Step::covariance)
                    .sum();
            double groups = line.groups().stream()
                    .mapToDouble(GradientRecord.Group::variance)
                    .sum();
            assertEquals(1, (steps + line.unresolved().covariance()) / line.relativeVariance(), 1e-9, line.trial());
            assertEquals(1, groups / line.relativeVariance(), 1e-9, line.trial());
        }
        GradientRecord exact = byLabel.get("exact");
        assertEquals(6, exact.steps().size());
        assertEquals(0, exact.unresolved().variance());
        assertEquals(Kind.UNBIASED, exact.verdict().kind());
        assertEquals(1, exact.length(), 1e-12);
        assertEquals(1, exact.efficiency().ratioNfe(), 1e-12);
        GradientRecord last = byLabel.get("k1");
        assertEquals(1, last.steps().size());
        assertEquals(Kind.BIASED, last.verdict().kind());
        GradientRecord rlr = byLabel.get("rlr-exact");
        assertTrue(rlr.unresolved().covariance() > 0.3 * rlr.relativeVariance(), rlr::toString);
    }

    @Test
    void whatHasNoTruthIsRefusedWithAWayOut() throws IOException {
        String text = STUDY.replace("GRADIENTS", "{replicas: 4}")
                .replace("{id: toy.reward}", "{id: toy.first-pixel}")
                .replaceAll("(?s)estimators:.*?\\n  .*?\\]\n", "estimators: [{id: policy-gradient}]\n");
        PlumblineException refusal = assertThrows(
                PlumblineException.class,
                () -> studies.study(folder.resolve("study.yaml"), text, new Interruption(), Progress.silent()));
        assertEquals(StandardError.INCOMPATIBLE, refusal.code());
        assertTrue(refusal.getMessage().contains("replicas: 0"), refusal.getMessage());
    }

    private static Progress after(int count, Runnable action) {
        return listening(done -> {
            if (done == count) {
                action.run();
            }
        });
    }

    private static Progress counting(int[] made) {
        return listening(done -> made[0]++);
    }

    private static Progress listening(java.util.function.LongConsumer replicas) {
        return new Progress() {
            @Override
            public Task begin(String title, long total, String unit) {
                return new Task() {
                    @Override
                    public void advance(long done, Map<String, Double> values) {
                        if (unit.equals("replicas")) {
                            replicas.accept(done);
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
}
