package org.plumbline.launcher.console;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** One line at the bottom of a terminal, drawn at most ten times a second. What is finished leaves a line of its own. */
final class LiveLine implements Display {
    private static final long SPACING = Duration.ofMillis(100).toNanos();
    private static final int BAR = 20;
    private static final String CLEAR = "\r\u001b[2K";

    private final PrintStream stream;
    private final int columns;
    private final LongSupplier clock;
    private long lastDrawn;
    private String line = "";

    LiveLine(PrintStream stream, int columns, LongSupplier clock) {
        this.stream = stream;
        this.columns = columns;
        this.clock = clock;
        this.lastDrawn = clock.getAsLong() - SPACING;
    }

    @Override
    public void show(Moment moment, List<Snapshot> tasks) {
        if (moment == Moment.END) {
            draw("");
            Snapshot ended = tasks.get(tasks.size() - 1);
            say(PlainLines.summary(ended));
            if (tasks.size() > 1) {
                draw(text(tasks.subList(0, tasks.size() - 1)));
            }
            return;
        }
        if (moment == Moment.BEGIN || clock.getAsLong() - lastDrawn >= SPACING) {
            draw(text(tasks));
        }
    }

    @Override
    public void say(String text) {
        stream.print(CLEAR + text + System.lineSeparator() + line);
        stream.flush();
    }

    private void draw(String text) {
        lastDrawn = clock.getAsLong();
        line = text;
        stream.print(CLEAR + text);
        stream.flush();
    }

    /** {@code trials 2/8 > rlr, seed 1 [=====>              ] 12/40 updates  1:20 left  reward 0.3120}. */
    private String text(List<Snapshot> tasks) {
        Snapshot inner = tasks.get(tasks.size() - 1);
        String outer = tasks.stream()
                .limit(tasks.size() - 1)
                .map(task -> task.title() + " " + task.done() + "/" + task.total() + " > ")
                .collect(Collectors.joining());
        String left = tasks.get(0)
                .left()
                .map(time -> "  " + Snapshot.text(time) + " left")
                .orElse("");
        String bar = inner.total() == 0 ? "" : " " + bar(inner.fraction());
        String text = outer + inner.title() + bar + " " + inner.count() + left + "  " + inner.numbers();
        // A line that wraps could not be cleared; the last column makes some terminals wrap.
        return text.stripTrailing().substring(0, Math.min(text.stripTrailing().length(), columns - 1));
    }

    private static String bar(double fraction) {
        int full = (int) (fraction * BAR);
        String head = full < BAR ? ">" : "";
        return "[" + "=".repeat(full) + head + " ".repeat(BAR - full - head.length()) + "]";
    }
}
