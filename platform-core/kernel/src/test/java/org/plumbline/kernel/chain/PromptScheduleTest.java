package org.plumbline.kernel.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.spi.estimator.PromptScale;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;

class PromptScheduleTest {
    private static final SamplerProgram PROGRAM = program(901, 701, 501, 301, 101, 1);

    private static SamplerProgram program(double... labels) {
        List<SamplerCall> calls = new ArrayList<>();
        for (double label : labels) {
            calls.add(SamplerCall.single(new TimePoint(label, 1, 1), 1, 1, 0, 0));
        }
        return new SamplerProgram(
                "labels", PredictionType.EPSILON, OutputTransform.none(), 1, 1, calls, new double[] {1});
    }

    private static PromptSchedule.Range range(String name, int from, int to) {
        return new PromptSchedule.Range(new PromptScale(name, from, to), prompt -> name + " " + prompt);
    }

    private static TimePoint at(double label) {
        return new TimePoint(label, 1, 1);
    }

    /** Steps are counted from the output; the order in which ranges are given does not matter. */
    @Test
    void everyCallHasThePromptOfItsRange() {
        PromptSchedule schedule =
                PromptSchedule.of(List.of(range("fine", 1, 2), range("coarse", 5, 6), range("mid", 3, 4)), PROGRAM);
        assertEquals(3, schedule.count());
        assertEquals(
                List.of("coarse", "mid", "fine"),
                schedule.scales().stream().map(PromptScale::name).toList());
        List<String> seen = PROGRAM.calls().stream()
                .map(call -> schedule.prompts(schedule.index(call.at()), List.of("a cat", ""))
                        .get(0))
                .toList();
        assertEquals(
                List.of("coarse a cat", "coarse a cat", "mid a cat", "mid a cat", "fine a cat", "fine a cat"), seen);
    }

    /** The border between two calls lies in the middle of their time labels, for grids of any kind. */
    @ParameterizedTest
    @CsvSource({"999,0", "601.1,0", "600.9,1", "501,1", "201.1,1", "200.9,2", "101,2", "0,2", "-1,2"})
    void anotherGridSeesTheSamePromptAtTheSameNoise(double label, int range) {
        PromptSchedule schedule =
                PromptSchedule.of(List.of(range("coarse", 5, 6), range("mid", 3, 4), range("fine", 1, 2)), PROGRAM);
        assertEquals(range, schedule.index(at(label)));
    }

    @Test
    void oneRangeOrNoneServeTheWholeChain() {
        PromptSchedule whole = PromptSchedule.of(List.of(range("whole", 1, 6)), PROGRAM);
        assertEquals(1, whole.count());
        assertEquals(1, PromptSchedule.none().count());
        assertTrue(PromptSchedule.none().scales().isEmpty());
        for (double label : new double[] {999, 500, -1}) {
            assertEquals(0, whole.index(at(label)));
            assertEquals(0, PromptSchedule.none().index(at(label)));
        }
        assertEquals(List.of("x"), PromptSchedule.none().prompts(0, List.of("x")));
    }

    @ParameterizedTest
    @CsvSource({
        "1,2,4,6", // gap at 3
        "1,3,3,6", // 3 twice
        "2,3,4,6", // nothing for the last call
        "1,3,4,5", // nothing for the first call
        "1,3,4,7", // longer than the chain
        "0,3,4,6", // before the output
        "3,1,4,6" // upside down
    })
    void rangesThatDoNotCoverTheCallsOnceAreRefused(int from, int to, int above, int top) {
        List<PromptSchedule.Range> ranges = List.of(range("fine", from, to), range("coarse", above, top));
        IllegalArgumentException refusal =
                assertThrows(IllegalArgumentException.class, () -> PromptSchedule.of(ranges, PROGRAM));
        assertTrue(refusal.getMessage().contains("cover 1 to 6 once"), refusal.getMessage());
    }

    @Test
    void noRangesAtAllAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> PromptSchedule.of(List.of(), PROGRAM));
    }
}
