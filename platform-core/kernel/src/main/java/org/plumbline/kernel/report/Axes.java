package org.plumbline.kernel.report;

import java.util.List;

/** Draws the horizontal axis that all charts share. */
final class Axes {
    private Axes() {}

    static void horizontal(Markup page, Axis axis, double y, String title, boolean grid) {
        page.empty("line", "class", "base", "x1", axis.from(), "x2", axis.to(), "y1", y, "y2", y);
        List<Double> ticks = axis.ticks(5);
        List<String> labels = axis.labels(ticks);
        for (int i = 0; i < ticks.size(); i++) {
            double at = axis.at(ticks.get(i));
            if (grid) {
                page.empty("line", "class", "grid", "x1", at, "x2", at, "y1", 4.0, "y2", y);
            }
            page.empty("line", "class", "base", "x1", at, "x2", at, "y1", y, "y2", y + 4);
            page.leaf("text", labels.get(i), "class", "tick middle", "x", at, "y", y + 17);
        }
        page.leaf("text", title, "class", "axis middle", "x", (axis.from() + axis.to()) / 2, "y", y + 34);
    }
}
