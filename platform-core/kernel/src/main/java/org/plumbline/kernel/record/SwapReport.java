package org.plumbline.kernel.record;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A run went from one backend to another, or tried to. The state of a run lies in Java arrays, so nothing of it is on
 * either backend when this happens.
 *
 * @param time when
 * @param trial label of the trial, or null if no trial was under way, as while gradients are measured
 * @param seed seed of the trial, or null
 * @param update how many of its updates were done, or null
 * @param reason why
 * @param from the backend before, as it describes itself
 * @param to the backend after; the one that was tried if it was not taken
 * @param outcome whether the run went over
 * @param prediction the new backend's prediction by the denoiser against the old one's at the same probe; null if the
 *     new one could not be opened
 * @param gradient the same for a vector-Jacobian product; null if one of the two only runs forward
 * @param tolerance the largest relative difference that is accepted
 * @param slowdown time of the probe on the new backend over that on the old one; NaN if it is not known
 * @param seconds how long each part took
 * @param message a sentence for people: why the backend was not taken, what did not close
 */
public record SwapReport(
        Instant time,
        @Nullable String trial,
        @Nullable Long seed,
        @Nullable Long update,
        Reason reason,
        String from,
        String to,
        Outcome outcome,
        @Nullable Agreement prediction,
        @Nullable Agreement gradient,
        double tolerance,
        double slowdown,
        Seconds seconds,
        String message)
        implements RunRecord {
    /** A probe is short: a smaller ratio of times says nothing. */
    private static final double NOTABLE = 5;

    /** Why a run changes its backend. */
    public enum Reason {
        /** Somebody asked for it. */
        REQUESTED,
        /** The backend's bundle was updated, removed or stopped. */
        WITHDRAWN,
        /** The backend that the run wants, in whose place another one stood in, is there again. */
        RETURNED,
        /** Its device failed in the middle of a computation. */
        DEVICE_LOST
    }

    /** What came of it. */
    public enum Outcome {
        SWAPPED,
        /** The new backend was not taken; the run stays, or looks further. */
        REFUSED
    }

    /**
     * How long the parts of a swap took, in seconds.
     *
     * @param waiting for a backend to be there
     * @param opening the new session: weights loaded, networks compiled, prompts encoded
     * @param checking the probe on the new backend
     * @param closing the old session
     */
    public record Seconds(double waiting, double opening, double checking, double closing) {
        /** How long the run stood still. */
        public double total() {
            return waiting + opening + checking + closing;
        }
    }

    /** Now, to the millisecond. */
    public static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    /** In some lines, for people. */
    public String text() {
        StringBuilder text = new StringBuilder();
        text.append(outcome == Outcome.SWAPPED ? "Backend swapped" : "Backend not swapped")
                .append(" (")
                .append(lower(reason))
                .append(")");
        if (trial != null) {
            text.append(" in '")
                    .append(trial)
                    .append("', seed ")
                    .append(seed)
                    .append(", after update ")
                    .append(update);
        }
        line(text, "from", from);
        line(text, "to", to);
        if (prediction != null) {
            line(text, "prediction", text(prediction));
        }
        if (gradient != null) {
            line(text, "gradient", text(gradient));
        }
        if (prediction != null) {
            line(
                    text,
                    "accepted",
                    String.format(Locale.ROOT, "up to a relative difference of %.1g", tolerance)
                            + (slowdown > NOTABLE || slowdown < 1 / NOTABLE
                                    ? String.format(Locale.ROOT, "; the probe took %.2g times as long", slowdown)
                                    : ""));
        }
        line(
                text,
                "time",
                String.format(
                        Locale.ROOT,
                        "%.2f s: waiting %.2f, opening %.2f, checking %.2f, closing %.2f",
                        seconds.total(),
                        seconds.waiting(),
                        seconds.opening(),
                        seconds.checking(),
                        seconds.closing()));
        if (!message.isEmpty()) {
            line(text, "note", message);
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format(Locale.ROOT, "%n  %-10s  %s", name, value));
    }

    private static String text(Agreement agreement) {
        return agreement.maxAbsolute() == 0
                ? "equal bit by bit"
                : String.format(
                        Locale.ROOT,
                        "differs by at most %.2g, relative %.2g, cosine %.10f",
                        agreement.maxAbsolute(),
                        agreement.maxRelative(),
                        agreement.cosine());
    }

    private static String lower(Reason reason) {
        return reason.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
