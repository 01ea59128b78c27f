package org.plumbline.kernel.study;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.ErrorCode;
import org.plumbline.spi.error.PlumblineException;

/**
 * Whether a combination can run.
 *
 * @param possible true if it can
 * @param sentence why, and if it cannot, what can instead: the message of the refusal
 * @param code of the refusal; null if it is possible
 */
public record Verdict(
        boolean possible, String sentence, @Nullable ErrorCode code) {
    public Verdict {
        Objects.requireNonNull(sentence);
        if (possible != (code == null)) {
            throw new IllegalArgumentException("a refusal has a code, and nothing else has: " + sentence);
        }
    }

    /** A combination that can run, and why. */
    public static Verdict yes(String why) {
        return new Verdict(true, why, null);
    }

    /** What a check says: refused if it throws. */
    static Verdict of(String why, Runnable check) {
        try {
            check.run();
            return yes(why);
        } catch (PlumblineException refusal) {
            return new Verdict(false, String.valueOf(refusal.getMessage()), refusal.code());
        }
    }
}
