package org.plumbline.launcher.console;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/** A line when a task begins or ends, and from time to time in between; for files and build servers. */
final class PlainLines implements Display {
    private final PrintStream stream;
    private final long interval;
    private final LongSupplier clock;
    private long lastPrinted;

    PlainLines(PrintStream stream, Duration interval, LongSupplier clock) {
        this.stream = stream;
        this.interval = interval.toNanos();
        this.clock = clock;
        this.lastPrinted = clock.getAsLong();
    }

    @Override
    public void show(Moment moment, List<Snapshot> tasks) {
        Snapshot task = tasks.get(tasks.size() - 1);
        switch (moment) {
            case BEGIN -> say(task.title() + ": " + (task.total() == 0 ? "begins" : task.total() + " " + task.unit()));
            case END -> say(summary(task));
            case ADVANCE -> {
                if (clock.getAsLong() - lastPrinted >= interval) {
                    String left = tasks.get(0)
                            .left()
                            .map(time -> ", " + Snapshot.text(time) + " left" + (tasks.size() > 1 ? " in all" : ""))
                            .orElse("");
                    say(with(task.title() + ": " + task.count() + left, task.numbers()));
                }
            }
        }
    }

    @Override
    public void say(String line) {
        lastPrinted = clock.getAsLong();
        stream.println(line);
        stream.flush();
    }

    static String summary(Snapshot task) {
        return with(task.title() + ": " + task.count() + " in " + Snapshot.text(task.elapsed()), task.numbers());
    }

    private static String with(String text, String numbers) {
        return numbers.isEmpty() ? text : text + "  " + numbers;
    }
}
