package org.plumbline.kernel.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.record.CheckRecord;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.RunWriter;

class FindingsTest {
    private static final List<Long> THREE = List.of(1L, 2L, 3L);

    @TempDir
    Path temporary;

    private static void says(List<String> sentences, String part) {
        assertTrue(
                sentences.stream()
                        .anyMatch(sentence -> sentence.replace('\u00a0', ' ').contains(part)),
                part + " in " + sentences);
    }

    private static void doesNotSay(List<String> sentences, String part) {
        assertTrue(
                sentences.stream()
                        .noneMatch(sentence -> sentence.replace('\u00a0', ' ').contains(part)),
                part + " in " + sentences);
    }

    private static Findings of(RunFolder folder) {
        return new Findings(Results.of(folder));
    }

    @Test
    void aFinishedStudySaysWhatWasComparedAndWhoLeads() {
        Findings findings = of(new SyntheticRun(SyntheticRun.FIVE, THREE, 30).finished(temporary.resolve("run")));
        List<String> headline = findings.headline();
        says(
                headline,
                "5 trials (rlr exact, rlr tiled, adjoint-dpm exact, policy-gradient, truncated-bp K=1) fine-tune");
        says(headline, "16 samples per update, 3 seeds each, within a budget of 30 updates");
        says(
                headline,
                "4 of 5 trials raised the reward clearly above the base model\u2019s 41.2; not so policy-gradient.");
        says(headline, "After 690 NFE per sample, the most that all complete trials spent, adjoint-dpm exact leads");
        says(headline, "above rlr tiled (seed by seed; beyond 95 % confidence)");
        says(
                headline,
                "Held against the true gradient (bolder digits: base model), a bias is certain for truncated-bp K=1 by 0.710");
    }

    @Test
    void aTrialThatDidNotImproveIsExplainedFromTheRecords() {
        List<String> caveats = of(new SyntheticRun(SyntheticRun.FIVE, THREE, 30).finished(temporary.resolve("run")))
                .caveats();
        says(caveats, "policy-gradient did not clearly improve (");
        says(caveats, "the noise of one update is 18 times the true gradient (bolder digits: base model)");
        doesNotSay(caveats, "rlr tiled did not");
    }

    @Test
    void aFallOfAHeldOutRewardIsAnAlarm() {
        List<String> caveats = of(new SyntheticRun(SyntheticRun.FIVE, THREE, 30).finished(temporary.resolve("run")))
                .caveats();
        says(caveats, "held-out digit-classifier (nats) fell: adjoint-dpm exact by 1.");
        says(caveats, "The trained reward may be exploited");
    }

    @Test
    void anUnfinishedStudySaysWhatIsMissing() {
        List<String> caveats = of(new SyntheticRun(SyntheticRun.FIVE, THREE, 30).goingOn(temporary.resolve("run")))
                .caveats();
        says(caveats, "policy-gradient (seed 3): not finished, 8 updates so far.");
        says(caveats, "truncated-bp K=1 (seeds 2, 3): not started.");
        says(caveats, "truncated-bp K=1 (seed 1): failed after 12 updates (gradient of update 13 is not finite).");
    }

    @Test
    void fewSeedsAreACaveatAndOneSeedProvesNothing() {
        Findings one = of(new SyntheticRun(SyntheticRun.FIVE, List.of(4L), 30).finished(temporary.resolve("one")));
        says(one.caveats(), "One seed");
        says(one.headline(), "one seed cannot tell this from chance");
        says(one.headline(), "trials raised the reward above the base");
        Findings two = of(new SyntheticRun(SyntheticRun.FIVE, List.of(4L, 5L), 30).finished(temporary.resolve("two")));
        says(two.caveats(), "Two seeds");
        Findings three = of(new SyntheticRun(SyntheticRun.FIVE, THREE, 30).finished(temporary.resolve("three")));
        doesNotSay(three.caveats(), "seeds:");
    }

    @Test
    void fewUpdatesAreAReason() {
        List<String> caveats = of(new SyntheticRun(SyntheticRun.FIVE.subList(3, 4), THREE, 4)
                        .finished(temporary.resolve("run")))
                .caveats();
        says(caveats, "the budget allowed only 4 updates");
    }

    @Test
    void coarseMeasurementsAreNotTakenForUnbiasedness() {
        List<String> caveats = of(new SyntheticRun(SyntheticRun.FIVE, THREE, 30).finished(temporary.resolve("run")))
                .caveats();
        says(caveats, "Measured too coarsely to call unbiased (bolder digits: base model)");
        says(caveats, "policy-gradient (up to 1.6 could hide; about 17,636 replicas would decide)");
        doesNotSay(caveats, "adjoint-dpm exact (up to");
    }

    @Test
    void aTruthThatFailsItsCheckIsAnAlarmAndAnotherProblemIsNoReason() {
        SyntheticRun run = new SyntheticRun(SyntheticRun.FIVE.subList(2, 4), THREE, 30);
        RunFolder folder = run.finished(temporary.resolve("run"));
        doesNotSay(of(folder).caveats(), "check of the truth");
        try (RunWriter writer = RunFolder.resume(folder.path(), run.description())) {
            writer.append(new CheckRecord("toy: start", "slope by two ways", 0.25, 0.18));
            writer.append(SyntheticRun.gradient("policy-gradient", "toy: start", 0, 0.2, 1e9, Cost.NONE));
        }
        List<String> caveats = of(folder).caveats();
        says(caveats, "A check of the truth fails (toy: start): slope by two ways give 0.2500 and 0.1800.");
        says(of(folder).headline(), "Held against the true gradient (toy: start), no estimator shows a bias");
        doesNotSay(caveats, "(toy: start), and");
        doesNotSay(caveats, "gradient (toy: start)");
    }

    @Test
    void aRunThatHasJustBegunSaysWhatItWillCompare() {
        RunFolder folder;
        SyntheticRun run = new SyntheticRun(SyntheticRun.FIVE.subList(0, 1), List.of(1L), 30);
        var writer = RunFolder.create(temporary.resolve("run"), run.description());
        try (writer) {
            folder = writer.folder();
        }
        Findings findings = of(folder);
        assertEquals(1, findings.headline().size());
        says(findings.headline(), "rlr exact fine-tunes digits");
        assertEquals(List.of("Not started: rlr exact."), findings.caveats());
    }
}
