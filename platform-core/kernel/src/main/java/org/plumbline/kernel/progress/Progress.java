package org.plumbline.kernel.progress;

import java.util.Map;

/** Listens to long work. Thread-safe; but tasks are begun and closed by one thread, as they are nested. */
public interface Progress {
    /**
     * Begins a task; inside the task that was begun last and is not closed, if there is one.
     *
     * @param title what is done, in a few words
     * @param total how many units it has; 0 if that is not known
     * @param unit what is counted, in the plural: {@code updates}
     */
    Task begin(String title, long total, String unit);

    /** Says one thing that should stay readable, outside of any bar. */
    void say(String line);

    /** Work that is under way. Close the innermost first. */
    interface Task extends AutoCloseable {
        /**
         * Says how far the task is.
         *
         * @param done units that are done, all in all
         * @param values the present numbers of interest, by short name; shown in the map's order
         */
        void advance(long done, Map<String, Double> values);

        /** Says how far the task is; the numbers stay as they are. */
        default void advance(long done) {
            advance(done, Map.of());
        }

        /** Ends the task, finished or not. */
        @Override
        void close();
    }

    /** Nobody listens. */
    static Progress silent() {
        return Silent.INSTANCE;
    }
}
