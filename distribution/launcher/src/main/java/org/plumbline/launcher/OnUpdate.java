package org.plumbline.launcher;

import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.plumbline.kernel.progress.Progress;

/**
 * Hands progress on to another listener, and does something after every update.
 *
 * @param listener hears how far the work is
 * @param action gets the number of updates that are done
 * @param lines takes what is said
 */
record OnUpdate(Progress listener, LongConsumer action, Consumer<String> lines) implements Progress {
    @Override
    public Task begin(String title, long total, String unit) {
        Task task = listener.begin(title, total, unit);
        return new Task() {
            @Override
            public void advance(long done, Map<String, Double> values) {
                task.advance(done, values);
                if (unit.equals("updates")) {
                    action.accept(done);
                }
            }

            @Override
            public void close() {
                task.close();
            }
        };
    }

    @Override
    public void say(String line) {
        lines.accept(line);
    }
}
