package org.plumbline.launcher.console;

import java.io.Console;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.progress.TimeLeft;

/** Keeps the tasks that are under way, and has them shown. */
public final class ConsoleProgress implements Progress {
    private final Display display;
    private final LongSupplier clock;
    /** Guards the tasks and the display. */
    private final Object monitor = new Object();
    /** Outermost first. */
    private final List<OpenTask> open = new ArrayList<>();

    /**
     * A progress.
     *
     * @param clock like {@link System#nanoTime}
     */
    ConsoleProgress(Display display, LongSupplier clock) {
        this.display = display;
        this.clock = clock;
    }

    /**
     * One line that is drawn over and over on a terminal; lines from time to time where nobody watches: the output goes to
     * a file, or {@code CI} is {@code true}.
     */
    public static Progress on(PrintStream stream, Map<String, String> environment) {
        boolean live = isTerminal() && !"true".equals(environment.get("CI")) && !"dumb".equals(environment.get("TERM"));
        Display display = live
                ? new LiveLine(stream, columns(environment.get("COLUMNS")), System::nanoTime)
                : new PlainLines(stream, Duration.ofSeconds(10), System::nanoTime);
        return new ConsoleProgress(display, System::nanoTime);
    }

    @Override
    public Task begin(String title, long total, String unit) {
        OpenTask task = new OpenTask(title, total, unit, clock.getAsLong());
        synchronized (monitor) {
            open.add(task);
            display.show(Display.Moment.BEGIN, snapshots());
        }
        return task;
    }

    @Override
    public void say(String line) {
        synchronized (monitor) {
            display.say(line);
        }
    }

    private List<Snapshot> snapshots() {
        return open.stream().map(OpenTask::snapshot).toList();
    }

    private final class OpenTask implements Task {
        private final String title;
        private final long total;
        private final String unit;
        private final long start;
        private final TimeLeft timeLeft;
        private long done;
        private Map<String, Double> values = Map.of();

        OpenTask(String title, long total, String unit, long now) {
            this.title = title;
            this.total = total;
            this.unit = unit;
            this.start = now;
            this.timeLeft = new TimeLeft(now);
        }

        @Override
        public void advance(long nowDone, Map<String, Double> numbers) {
            synchronized (monitor) {
                done = nowDone;
                if (!numbers.isEmpty()) {
                    values = numbers;
                }
                open.forEach(task -> task.timeLeft.update(clock.getAsLong(), task.fraction()));
                display.show(Display.Moment.ADVANCE, snapshots());
            }
        }

        @Override
        public void close() {
            synchronized (monitor) {
                int mine = open.indexOf(this);
                // Tasks inside that an exception left open end with this one.
                while (mine >= 0 && open.size() > mine) {
                    display.show(Display.Moment.END, snapshots());
                    open.remove(open.size() - 1);
                }
            }
        }

        /** The part that is done, with what is done of the unit under way. */
        private double fraction() {
            int inside = open.indexOf(this) + 1;
            double unitUnderWay = inside < open.size() ? open.get(inside).fraction() : 0;
            return total == 0 ? 0 : Math.min(1, (done + unitUnderWay) / total);
        }

        private Snapshot snapshot() {
            return new Snapshot(
                    title,
                    done,
                    total,
                    unit,
                    values,
                    fraction(),
                    Duration.ofNanos(clock.getAsLong() - start),
                    timeLeft.estimate());
        }
    }

    /** Since Java 22 there is a console even where there is no terminal, but it can tell. */
    @SuppressWarnings("SystemConsoleNull")
    private static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            Method tells = Console.class.getMethod("isTerminal");
            return (boolean) tells.invoke(console);
        } catch (NoSuchMethodException olderJava) {
            return true;
        } catch (ReflectiveOperationException unknown) {
            return false;
        }
    }

    /** The width of the terminal; 80 if it is not known, for which some write 0. */
    private static int columns(@Nullable String written) {
        return written != null && written.matches("[1-9][0-9]{1,3}") ? Integer.parseInt(written) : 80;
    }
}
