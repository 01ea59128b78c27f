package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.UpdateRecord;
import org.plumbline.kernel.study.Study;
import org.plumbline.kernel.study.StudyContext;
import org.plumbline.kernel.study.StudyFile;
import org.plumbline.kernel.study.StudyPlan;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** What does not fit together is refused before the first step, with what would; and everything else runs. */
class CompatibilityTest {
    private static final String STUDY = """
            name: toy
            model: {id: toy.model, folder: .}
            backend: {id: %s}
            sampler: {id: ddim, eta: %s, timestep-spacing: trailing, clip-sample: false, set-alpha-to-one: false}
            steps: 4
            target: {kind: full, modules: []}
            reward: {id: %s}
            held-out: [{id: toy.first-pixel, label: brightness}]
            prompts: [one, other]
            batch: 4
            budget: {updates: 3}
            evaluation: {every: 2, images-per-prompt: 2}
            gradients: {replicas: %s}
            estimators: [%s]
            """;

    @TempDir
    static Path cache;

    @TempDir
    Path folder;

    private static ToyStudies studies;
    private static AtomicLong calls;

    @BeforeAll
    static void start() {
        studies = new ToyStudies(cache);
        calls = ForwardOnly.register(studies.catalog(), "reference");
    }

    @AfterAll
    static void stop() {
        studies.close();
    }

    @BeforeEach
    void countAnew() {
        calls.set(0);
    }

    @Test
    void aBackendThatOnlyRunsForwardTrainsAndEvaluatesWithZerothOrder() throws IOException {
        for (String reward : List.of("toy.reward", "toy.first-pixel, label: target")) {
            RunFolder run = new Study(context(), plan(ForwardOnly.ID, "0", reward, 0, "{id: spsa}"))
                    .run(folder.resolve("run" + reward.length()), false);
            assertEquals(
                    3,
                    run.records().stream()
                            .filter(UpdateRecord.class::isInstance)
                            .count());
            assertTrue(run.records().stream()
                    .anyMatch(line -> line instanceof EvaluationRecord evaluation
                            && evaluation.heldOut().containsKey("brightness")));
            assertEquals(ForwardOnly.ID, run.description().backend().id());
        }
        assertTrue(calls.get() > 0);
    }

    @Test
    void anEstimatorThatDifferentiatesIsRefusedOnABackendThatOnlyRunsForward() {
        String refusal = refused(ForwardOnly.ID, "1", "toy.reward", 0, "{id: rlr, label: mine}");
        assertTrue(
                refusal.startsWith("trial 'mine' needs vector-Jacobian products, and this backend only runs"), refusal);
        assertTrue(refusal.contains("the estimators spsa"), refusal);
        assertTrue(
                refusal.contains(
                        "a backend with capability VJP ({id: djl-pytorch, rollouts: {id: forward-only}}, djl-pytorch, "),
                refusal);
    }

    @Test
    void anEstimatorOfTheRewardsGradientIsRefusedForABlackBoxAndTheNearestIsNamed() {
        String refusal = refused("reference", "1", "toy.first-pixel, label: target", 0, "{id: adjoint-matching}");
        assertTrue(refusal.startsWith("trial 'adjoint-matching' needs the reward's gradient"), refusal);
        // It shares the need for noise and for products; spsa would work as well, and is further away.
        assertTrue(refusal.contains("the estimators example, policy-gradient, "), refusal);
        assertTrue(refusal.contains("a differentiable reward (stroke-weight, toy.reward)"), refusal);
    }

    @Test
    void aBlackBoxOnABackendThatOnlyRunsForwardNamesBoth() {
        String refusal =
                refused(ForwardOnly.ID, "1", "toy.first-pixel, label: target", 0, "{id: truncated-bp, cutoff: full}");
        assertTrue(refusal.contains("the reward's gradient"), refusal);
        assertTrue(refusal.contains("this backend only runs forward"), refusal);
        assertTrue(refusal.contains("the estimators spsa"), refusal);
    }

    @Test
    void anEstimatorThatNeedsNoiseIsToldWhichSamplerHasIt() {
        String refusal = refused("reference", "0", "toy.reward", 0, "{id: policy-gradient}");
        assertTrue(refusal.contains("needs noise in the sampler's steps"), refusal);
        assertTrue(refusal.contains("a sampler with noise (ddim with eta: 1"), refusal);
    }

    @Test
    void whatIsProposedIsAccepted() {
        plan(ForwardOnly.ID, "0", "toy.first-pixel, label: target", 0, "{id: spsa}");
        plan("reference", "1", "toy.reward", 0, "{id: policy-gradient}");
        plan("reference", "1", "toy.first-pixel, label: target", 0, "{id: example}");
        plan("djl-pytorch, rollouts: {id: forward-only}", "1", "toy.reward", 2, "{id: rlr}");
    }

    @Test
    void gradientsCannotBeMeasuredWithoutTheirTruth() {
        String forward = refused(ForwardOnly.ID, "0", "toy.reward", 2, "{id: spsa}");
        assertTrue(forward.contains("exact back-propagation, with a backend that only runs forward"), forward);
        assertTrue(forward.contains("'plumbline train'"), forward);
        String blackBox = refused("reference", "1", "toy.first-pixel, label: target", 2, "{id: policy-gradient}");
        assertTrue(blackBox.contains("with a reward that is a black box"), blackBox);
    }

    @Test
    void anAnchorThatDifferentiatesIsRefusedOnABackendThatOnlyRunsForward() throws IOException {
        String study = STUDY.formatted(ForwardOnly.ID, "1", "toy.reward", 0, "{id: spsa}");
        String refusal = refusal(study + "anchor: {kind: kl}\n");
        assertTrue(refusal.contains("anchor: {kind: kl} needs vector-Jacobian products"), refusal);
        write(study + "anchor: {kind: l2}\n");
        new Study(context(), plan()).run(folder.resolve("run"), false);
    }

    // ---- what is asked

    private String refused(String backend, String eta, String reward, int replicas, String estimator) {
        return refusal(STUDY.formatted(backend, eta, reward, replicas, estimator));
    }

    /** The message of a study that is refused, which is one sentence, before anything is computed for a step. */
    private String refusal(String study) {
        write(study);
        calls.set(0);
        PlumblineException refusal = assertThrows(PlumblineException.class, this::plan);
        assertEquals(StandardError.INCOMPATIBLE, refusal.code());
        // The one call is that of the text network: the length of the trained vector follows from its output.
        assertTrue(calls.get() <= 1, calls + " network calls");
        String message = String.valueOf(refusal.getMessage());
        assertFalse(message.contains("\n"), message);
        assertFalse(message.contains(". "), message);
        return message;
    }

    private StudyPlan plan(String backend, String eta, String reward, int replicas, String estimator) {
        write(STUDY.formatted(backend, eta, reward, replicas, estimator));
        return plan();
    }

    private StudyPlan plan() {
        return StudyPlan.of(context(), StudyFile.read(folder.resolve("study.yaml")), List.of());
    }

    private static StudyContext context() {
        return studies.context(new Interruption(), Progress.silent());
    }

    private void write(String study) {
        try {
            Files.writeString(folder.resolve("study.yaml"), study);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
