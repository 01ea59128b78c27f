package org.plumbline.kernel.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.EventRecord;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.RunRecord;
import org.plumbline.kernel.record.RunWriter;
import org.plumbline.kernel.record.Score;
import org.plumbline.kernel.record.UpdateRecord;

class ResultsTest {
    private static final String A = SyntheticRun.FIVE.get(0).label();

    private static final Cost COST_OF_ANOTHER = new Cost(1, 1, 1, 1, 1, 1, 999);

    @TempDir
    Path temporary;

    private SyntheticRun run;

    @BeforeEach
    void twoTrialsWithTwoSeeds() {
        run = new SyntheticRun(SyntheticRun.FIVE.subList(0, 2), List.of(1L, 2L), 20);
    }

    private Results of(RunRecord... lines) {
        return of("run", lines);
    }

    private Results of(String name, RunRecord... lines) {
        RunWriter writer = RunFolder.create(temporary.resolve(name), run.description());
        try (writer) {
            for (RunRecord line : lines) {
                writer.append(line);
            }
        }
        return Results.of(writer.folder());
    }

    private static UpdateRecord update(long seed, long number, double reward) {
        Cost cost = new Cost(10, 5, 100, 50, 16, 1, 1000 + number);
        return new UpdateRecord(A, seed, number, cost, reward, 1, 1, false, Map.of());
    }

    private static EvaluationRecord evaluation(long seed, long number, double nfe, double reward) {
        return new EvaluationRecord(
                A, seed, number, new Cost(nfe, 0, 0, 0, 0, nfe / 2, 0), new Score(reward, 0.1), Map.of(), 0.3);
    }

    private static EventRecord event(EventRecord.Type type, long update) {
        return EventRecord.of(type, A, 1, update, "because");
    }

    @Test
    void whatAResumedTrialDidAnewReplacesWhatItDidBefore() {
        Results results = of(
                event(EventRecord.Type.STARTED, 0),
                evaluation(1, 0, 0, 5),
                update(1, 1, 1),
                update(1, 2, 2),
                evaluation(1, 2, 40, 6),
                update(1, 3, 3),
                event(EventRecord.Type.RESUMED, 1),
                update(1, 2, 20));
        SeedResult seed = results.trials().get(0).seeds().get(0);
        assertEquals(
                List.of(1.0, 20.0),
                seed.updates().stream().map(UpdateRecord::reward).toList());
        assertEquals(1, seed.evaluations().size());
        assertEquals(SeedResult.State.UNFINISHED, seed.state());
    }

    @Test
    void theLastTellingEventDecidesTheState() {
        Results results = of(
                event(EventRecord.Type.STARTED, 0),
                update(1, 1, 1),
                event(EventRecord.Type.FAILED, 1),
                event(EventRecord.Type.RESUMED, 1),
                update(1, 2, 1),
                event(EventRecord.Type.STOPPED_EARLY, 2),
                event(EventRecord.Type.PLUGIN_SWAPPED, 2));
        assertEquals(
                SeedResult.State.STOPPED_EARLY,
                results.trials().get(0).seeds().get(0).state());
        assertEquals("because", results.trials().get(0).seeds().get(0).reason());
        assertEquals(
                SeedResult.State.NOT_STARTED,
                results.trials().get(0).seeds().get(1).state());
    }

    @Test
    void valuesBetweenEvaluationsLieOnTheStraightLineAndNotBeyondTheLast() {
        Results results = of(evaluation(1, 0, 0, 5), evaluation(1, 5, 100, 7), evaluation(1, 10, 150, 4));
        SeedResult seed = results.trials().get(0).seeds().get(0);
        assertEquals(5, seed.at(0, Cost::nfe, Results::reward));
        assertEquals(6.5, seed.at(75, Cost::nfe, Results::reward), 1e-12);
        assertEquals(7, seed.at(100, Cost::nfe, Results::reward));
        assertEquals(5.5, seed.at(62.5, Cost::seconds, Results::reward), 1e-12);
        assertEquals(4, seed.at(150, Cost::nfe, Results::reward));
        assertTrue(Double.isNaN(seed.at(150.1, Cost::nfe, Results::reward)));
        assertEquals(-1, seed.gain(Results::reward));
    }

    @Test
    void aMeanOverSeedsIsKnownOnlyAsFarAsAllCame() {
        Results results =
                of(evaluation(1, 0, 0, 5), evaluation(1, 5, 100, 7), evaluation(2, 0, 0, 5), evaluation(2, 5, 80, 9));
        TrialResult trial = results.trials().get(0);
        assertEquals(80, trial.reach(Cost::nfe));
        assertEquals((6.6 + 9) / 2, trial.at(80, Cost::nfe, Results::reward).mean(), 1e-12);
        assertFalse(trial.at(90, Cost::nfe, Results::reward).known());
        assertEquals(0, results.commonReach(Cost::nfe) - 80, "the trial without a curve does not count");
    }

    @Test
    void anEstimateIsMeanAndStandardError() {
        Estimate estimate = Estimate.of(DoubleStream.of(1, 2, 6, Double.NaN));
        assertEquals(3, estimate.mean());
        assertEquals(Math.sqrt((4 + 1 + 9) / 2.0 / 3), estimate.error(), 1e-12);
        assertEquals(3, estimate.count());
        assertFalse(Estimate.of(DoubleStream.empty()).known());
    }

    @Test
    void clearlyMeansBeyondStudentsInterval() {
        // t = 4.303 with two degrees of freedom: mean 3 and error 0.7 is beyond, error 0.69 + a little below the limit
        double spread = Math.sqrt(3) * 3 / 4.303;
        assertTrue(Estimate.of(DoubleStream.of(3 - 0.99 * spread, 3, 3 + 0.99 * spread))
                .clearlyPositive());
        assertFalse(Estimate.of(DoubleStream.of(3 - 1.01 * spread, 3, 3 + 1.01 * spread))
                .clearlyPositive());
        assertTrue(Estimate.of(DoubleStream.of(-3 - 0.99 * spread, -3, -3 + 0.99 * spread))
                .clearlyNegative());
    }

    @Test
    void withOneSeedAnyRiseCountsButAnAlarmMustExceedTheErrorsOfTheEvaluations() {
        Results results = of(evaluation(1, 0, 0, 5), evaluation(1, 5, 100, 4.87));
        assertFalse(results.trials().get(0).fell(EvaluationRecord::reward), "0.13 of hypot(0.1, 0.1)");
        assertFalse(results.trials().get(0).rose(EvaluationRecord::reward));
        Results more = of("more", evaluation(1, 0, 0, 5), evaluation(1, 5, 100, 4.85));
        assertTrue(more.trials().get(0).fell(EvaluationRecord::reward));
        Results rise = of("rise", evaluation(1, 0, 0, 5), evaluation(1, 5, 100, 5.01));
        assertTrue(rise.trials().get(0).rose(EvaluationRecord::reward));
    }

    @Test
    void twoSeedsMustAgreeOrRiseBeyondTheirErrors() {
        assertTrue(two("agree", 5.0500, 5.0510).rose(EvaluationRecord::reward), "t = 101 with one degree of freedom");
        assertFalse(two("vague", 5.05, 5.10).rose(EvaluationRecord::reward));
        assertTrue(two("large", 5.2, 6).rose(EvaluationRecord::reward), "both beyond hypot(0.1, 0.1)");
        assertFalse(two("one", 5.1, 6).rose(EvaluationRecord::reward));
    }

    private TrialResult two(String name, double first, double second) {
        return of(
                        name,
                        evaluation(1, 0, 0, 5),
                        evaluation(1, 5, 100, first),
                        evaluation(2, 0, 0, 5),
                        evaluation(2, 5, 100, second))
                .trials()
                .get(0);
    }

    @Test
    void trialsAtTheSameTimeAreCounted() {
        EventRecord other = EventRecord.of(EventRecord.Type.STARTED, A, 2, 0, "");
        EventRecord ended = EventRecord.of(EventRecord.Type.FINISHED, A, 1, 3, "");
        EventRecord early = new EventRecord(ended.time().minusSeconds(9), EventRecord.Type.STARTED, A, 1L, 0L, "");
        assertEquals(2, of("beside", early, timed(other, ended, -1), ended).atOnce());
        assertEquals(1, of("after", early, ended, timed(other, ended, 1)).atOnce());
    }

    private static EventRecord timed(EventRecord event, EventRecord beside, long seconds) {
        return new EventRecord(
                beside.time().plusSeconds(seconds),
                event.type(),
                event.trial(),
                event.seed(),
                event.update(),
                event.message());
    }

    @Test
    void memoryOfEstimatesStandsInWhereUpdatesWereNotMeasured() {
        Cost unmeasured = new Cost(1, 1, 1, 1, 1, 1, 0);
        Cost measured = new Cost(1, 1, 1, 1, 1, 1, 77);
        Results results = of(
                new UpdateRecord(A, 1, 1, unmeasured, 0, 1, 1, false, Map.of()),
                SyntheticRun.gradient(A, "elsewhere: start", 0, 0, 1, COST_OF_ANOTHER),
                SyntheticRun.gradient(A, "bolder digits: base model", 0, 0, 1, measured));
        assertEquals(77, results.trials().get(0).peakBytes());
        assertEquals(2, results.gradients().size());
    }

    @Test
    void updatesOfAllSeedsMakeTheMeansAndThePeak() {
        Results results = of(update(1, 1, 2), update(1, 2, 4), update(2, 1, 9));
        TrialResult trial = results.trials().get(0);
        assertEquals(5, trial.perUpdate(UpdateRecord::reward), 1e-12);
        assertEquals(1002, trial.peakBytes());
    }
}
