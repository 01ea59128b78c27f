package org.plumbline.kernel.progress;

import java.util.Map;

/** Hears nothing. */
enum Silent implements Progress, Progress.Task {
    INSTANCE;

    @Override
    public Task begin(String title, long total, String unit) {
        return this;
    }

    @Override
    public void say(String line) {}

    @Override
    public void advance(long done, Map<String, Double> values) {}

    @Override
    public void close() {}
}
