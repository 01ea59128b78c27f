package org.plumbline.launcher.console;

import java.util.List;

/** A way to show how far the work is. */
interface Display {
    /** What has happened to the innermost task. */
    enum Moment {
        BEGIN,
        ADVANCE,
        END
    }

    /**
     * Shows the tasks that are under way.
     *
     * @param tasks outermost first; at least one
     */
    void show(Moment moment, List<Snapshot> tasks);

    /** Shows a line that stays. */
    void say(String line);
}
