package org.plumbline.kernel.progress;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Estimates how long work still takes from how fast it went during the later half of the time so far: what happened once
 * at the start, such as loading an engine, is soon forgotten, and a single slow unit does not matter much. Not
 * thread-safe.
 */
public final class TimeLeft {
    private record Sample(long nanos, double fraction) {}

    private static final long SPACING = Duration.ofMillis(100).toNanos();

    private final long start;
    /** At least SPACING apart; the first one is where the rate is measured from. */
    private final Deque<Sample> samples = new ArrayDeque<>();

    private Sample latest;

    /** Starts to watch at a reading of {@link System#nanoTime}. */
    public TimeLeft(long nanos) {
        start = nanos;
        latest = new Sample(nanos, 0);
        samples.add(latest);
    }

    /**
     * Takes note of how far the work is.
     *
     * @param nanos a reading of {@link System#nanoTime}
     * @param fraction the part that is done, 0 to 1
     */
    public void update(long nanos, double fraction) {
        latest = new Sample(nanos, fraction);
        if (nanos - samples.getLast().nanos >= SPACING) {
            samples.addLast(latest);
        }
        long half = start + (nanos - start) / 2;
        while (samples.size() > 1 && second().nanos <= half) {
            samples.removeFirst();
        }
    }

    /** The time left after the latest update; empty as long as nothing is known. */
    public Optional<Duration> estimate() {
        Sample first = samples.getFirst();
        Sample last = latest;
        double gained = last.fraction - first.fraction;
        if (gained <= 0 || last.nanos <= first.nanos) {
            return Optional.empty();
        }
        double nanos = Math.max(0, 1 - last.fraction) / gained * (last.nanos - first.nanos);
        return Optional.of(Duration.ofNanos((long) Math.min(nanos, Long.MAX_VALUE)));
    }

    private Sample second() {
        var iterator = samples.iterator();
        iterator.next();
        return iterator.next();
    }
}
