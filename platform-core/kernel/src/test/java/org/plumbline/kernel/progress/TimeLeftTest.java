package org.plumbline.kernel.progress;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TimeLeftTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void nothingIsKnownBeforeAnythingIsDone() {
        var left = new TimeLeft(7);
        assertEquals(Optional.empty(), left.estimate());
        left.update(7 + SECOND, 0);
        assertEquals(Optional.empty(), left.estimate());
    }

    @Test
    void steadyWorkIsExtrapolated() {
        var left = new TimeLeft(0);
        for (int second = 1; second <= 25; second++) {
            left.update(second * SECOND, second / 100.0);
        }
        assertEquals(75, seconds(left), 0.001);
    }

    @Test
    void aSlowStartIsForgotten() {
        var left = new TimeLeft(0);
        left.update(20 * SECOND, 0.001); // the engine was loaded
        for (int second = 1; second <= 40; second++) {
            left.update((20 + second) * SECOND, 0.001 + second / 100.0);
        }
        assertEquals(59.9, seconds(left), 0.5);
    }

    @Test
    void updatesInQuickSuccessionDoNotHideThatTheStartWasSlow() {
        var left = new TimeLeft(0);
        left.update(20 * SECOND, 0.001);
        for (int i = 1; i <= 40_000; i++) {
            left.update(20 * SECOND + i * (SECOND / 1000), 0.001 + i / 1e5);
        }
        assertEquals(59.9, seconds(left), 0.5);
    }

    @Test
    void finishedWorkTakesNoTime() {
        var left = new TimeLeft(0);
        left.update(SECOND, 1);
        assertEquals(Optional.of(Duration.ZERO), left.estimate());
    }

    private static double seconds(TimeLeft left) {
        return (double) left.estimate().orElseThrow().toMillis() / 1000;
    }
}
