package org.plumbline.launcher.console;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A task at one moment.
 *
 * @param title what is done
 * @param done units that are done
 * @param total units there are; 0 if unknown
 * @param unit what is counted
 * @param values numbers of interest
 * @param fraction the part that is done, 0 to 1
 * @param elapsed time since the beginning
 * @param left time that is left, if it can be estimated
 */
record Snapshot(
        String title,
        long done,
        long total,
        String unit,
        Map<String, Double> values,
        double fraction,
        Duration elapsed,
        Optional<Duration> left) {
    /** {@code 12/40 updates}. */
    String count() {
        return total == 0 ? done + " " + unit : done + "/" + total + " " + unit;
    }

    /** {@code reward 0.3120  loss 0.001000}. */
    String numbers() {
        return values.entrySet().stream()
                .map(value -> value.getKey() + " " + String.format(Locale.ROOT, "%.4g", value.getValue()))
                .collect(Collectors.joining("  "));
    }

    /** {@code 1:05:07}, {@code 5:07} or {@code 7 s}. */
    static String text(Duration time) {
        if (time.toHours() > 0) {
            return String.format(
                    Locale.ROOT, "%d:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart());
        }
        return time.toMinutes() > 0
                ? String.format(Locale.ROOT, "%d:%02d", time.toMinutes(), time.toSecondsPart())
                : time.toSeconds() + " s";
    }
}
