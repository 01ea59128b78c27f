package org.plumbline.launcher.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.progress.Progress;

class ConsoleProgressTest {
    private static final String CLEAR = "\r\u001b[2K";

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private long now;

    private Progress live(int columns) {
        return new ConsoleProgress(new LiveLine(stream, columns, () -> now), () -> now);
    }

    private Progress plain() {
        return new ConsoleProgress(new PlainLines(stream, Duration.ofSeconds(10), () -> now), () -> now);
    }

    private void pass(double seconds) {
        now += (long) (seconds * 1e9);
    }

    /** What was printed since the last look. */
    private String printed() {
        String text = bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
        bytes.reset();
        return text;
    }

    // ---- on a terminal

    @Test
    void liveLineShowsBarCountNumbersAndTimeLeft() {
        try (Progress.Task task = live(120).begin("rlr", 40, "updates")) {
            assertEquals(CLEAR + "rlr [>                   ] 0/40 updates", printed());
            pass(10);
            task.advance(10, values("reward", 0.3125, "loss", 1234.5678));
            assertEquals(
                    CLEAR + "rlr [=====>              ] 10/40 updates  30 s left  reward 0.3125  loss 1235", printed());
        }
    }

    private static Map<String, Double> values(String a, double x, String b, double y) {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put(a, x);
        values.put(b, y);
        return values;
    }

    @Test
    void liveLineIsDrawnTenTimesASecondAtMost() {
        try (Progress.Task task = live(80).begin("rlr", 1000, "updates")) {
            printed();
            for (int i = 1; i <= 1000; i++) {
                pass(0.01);
                task.advance(i);
            }
            long drawn = printed().chars().filter(c -> c == '\r').count();
            assertTrue(drawn > 80 && drawn <= 100, drawn + " times in 10 s");
        }
    }

    @Test
    void lineNeverWraps() {
        try (Progress.Task task = live(40).begin("an estimator with a very long name indeed", 10, "updates")) {
            pass(1);
            task.advance(5, Map.of("reward", 1.0));
            printed()
                    .lines()
                    .forEach(line -> assertTrue(line.replace("\u001b[2K", "").length() < 40, line));
        }
    }

    @Test
    void whatIsSaidStaysAboveTheLine() {
        Progress progress = live(80);
        try (Progress.Task task = progress.begin("rlr", 40, "updates")) {
            String line = printed();
            progress.say("checkpoint written");
            assertEquals(CLEAR + "checkpoint written\n" + line.substring(CLEAR.length()), printed());
            task.advance(1);
        }
    }

    @Test
    void taskThatEndsLeavesASummaryAndTheOuterOneGoesOn() {
        Progress progress = live(100);
        try (Progress.Task trials = progress.begin("trials", 2, "trials")) {
            try (Progress.Task updates = progress.begin("rlr", 10, "updates")) {
                pass(70);
                updates.advance(10, Map.of("reward", 0.5));
                String line = printed();
                assertTrue(
                        line.endsWith(
                                "trials 0/2 > rlr [====================] 10/10 updates  1:10 left  reward 0.5000"),
                        line);
            }
            String ended = printed();
            assertTrue(ended.contains(CLEAR + "rlr: 10/10 updates in 1:10  reward 0.5000\n"), ended);
            assertTrue(ended.endsWith(CLEAR + "trials [==========>         ] 0/2 trials  1:10 left"), ended);
            pass(1);
            trials.advance(1);
            assertEquals(CLEAR + "trials [==========>         ] 1/2 trials  1:11 left", printed());
        }
    }

    @Test
    void tasksThatAnExceptionLeftOpenEndWithTheOuterOne() {
        Progress progress = live(100);
        Progress.Task outer = progress.begin("outer", 1, "units");
        progress.begin("inner", 1, "units");
        outer.close();
        String text = printed();
        assertTrue(text.contains("inner: 0/1 units") && text.contains("outer: 0/1 units"), text);
        outer.close();
        assertEquals("", printed(), "closing twice is harmless");
    }

    // ---- elsewhere

    @Test
    void plainLinesComeAtTheBeginningTheEndAndNowAndThen() {
        Progress progress = plain();
        try (Progress.Task trials = progress.begin("trials", 4, "trials");
                Progress.Task updates = progress.begin("rlr", 100, "updates")) {
            for (int i = 1; i <= 100; i++) {
                pass(0.25);
                updates.advance(i, Map.of("reward", i / 100.0));
            }
            trials.advance(1);
        }
        assertEquals(
                List.of(
                        "trials: 4 trials",
                        "rlr: 100 updates",
                        "rlr: 40/100 updates, 1:30 left in all  reward 0.4000",
                        "rlr: 80/100 updates, 1:20 left in all  reward 0.8000",
                        "rlr: 100/100 updates in 25 s  reward 1.000",
                        "trials: 1/4 trials in 25 s"),
                printed().lines().toList());
    }

    @Test
    void countWithoutATotalHasNoBar() {
        try (Progress.Task task = live(80).begin("reading", 0, "files")) {
            pass(1);
            task.advance(3);
            String text = printed();
            assertTrue(text.endsWith(CLEAR + "reading 3 files"), text);
            assertFalse(text.contains("[="), text);
        }
    }

    @Test
    void timesAreWrittenForPeople() {
        assertEquals("7 s", Snapshot.text(Duration.ofSeconds(7)));
        assertEquals("5:07", Snapshot.text(Duration.ofSeconds(307)));
        assertEquals("26:00:01", Snapshot.text(Duration.ofSeconds(26 * 3600 + 1)));
    }
}
