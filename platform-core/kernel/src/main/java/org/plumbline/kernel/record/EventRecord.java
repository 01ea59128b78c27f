package org.plumbline.kernel.record;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a run or to one of its trials.
 *
 * @param time when
 * @param type what
 * @param trial label of the trial, or null if it concerns the whole run
 * @param seed seed of the trial, or null
 * @param update how many updates were done; for {@link Type#RESUMED} those that count, later ones being done anew; null
 *     if it concerns the whole run
 * @param message a sentence for people: the reason, the error, the swap
 */
public record EventRecord(
        Instant time,
        Type type,
        @Nullable String trial,
        @Nullable Long seed,
        @Nullable Long update,
        String message) implements RunRecord {
    /** What happened. */
    public enum Type {
        STARTED,
        RESUMED,
        PLUGIN_SWAPPED,
        /** A safeguard noticed something, as the message says. */
        ALARM,
        /** An update was left out, since its estimate was not finite. */
        SKIPPED,
        /** Ended before its budget was used, for the reason in the message. */
        STOPPED_EARLY,
        FAILED,
        FINISHED
    }

    /** An event of a trial, now. */
    public static EventRecord of(Type type, String trial, long seed, long update, String message) {
        return new EventRecord(now(), type, trial, seed, update, message);
    }

    /** An event of the whole run, now. */
    public static EventRecord ofRun(Type type, String message) {
        return new EventRecord(now(), type, null, null, null, message);
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }
}
