package org.plumbline.launcher.doctor;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;

/**
 * Something that was looked at.
 *
 * @param area what it belongs to
 * @param what was looked at, for example {@code libtorch}
 * @param state how it is
 * @param found what was found, in one sentence
 * @param exitCode the exit code that it calls for; 0 if it is not {@link State#BROKEN}
 */
public record Finding(Area area, String what, State state, String found, int exitCode) {
    /** The areas, in the order in which they are shown. */
    public enum Area {
        MACHINE,
        ENGINES,
        BACKENDS,
        PLUGINS,
        STUDY
    }

    /** How something is. */
    public enum State {
        /** As it should be. */
        OK,
        /** Absent or unusual, and nothing that was asked for needs it. */
        NOTE,
        /** Works, but will probably not do for long. */
        WARNING,
        /** Needed, and does not work. */
        BROKEN
    }

    public Finding {
        if ((state == State.BROKEN) != (exitCode != 0)) {
            throw new IllegalArgumentException("what is broken has an exit code, and nothing else has: " + found);
        }
    }

    static Finding ok(Area area, String what, String found) {
        return new Finding(area, what, State.OK, found, 0);
    }

    static Finding note(Area area, String what, String found) {
        return new Finding(area, what, State.NOTE, found, 0);
    }

    static Finding warning(Area area, String what, String found) {
        return new Finding(area, what, State.WARNING, found, 0);
    }

    static Finding broken(Area area, String what, String found, int exitCode) {
        return new Finding(area, what, State.BROKEN, found, exitCode);
    }

    /** A study that cannot even be read. */
    public static Finding ofStudy(String what, PlumblineException failure) {
        return broken(
                Area.STUDY,
                what,
                sentence(failure.getMessage()),
                failure.code().kind().exitCode());
    }

    /** The text of a failure, without its code and with its first line only. */
    static String sentence(@Nullable String message) {
        return String.valueOf(message).lines().findFirst().orElse("").replaceAll(" \\[[A-Z_]+]$", "");
    }
}
