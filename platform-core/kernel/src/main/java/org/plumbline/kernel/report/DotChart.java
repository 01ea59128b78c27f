package org.plumbline.kernel.report;

import java.util.List;
import java.util.stream.DoubleStream;

/**
 * One value per trial, side by side on a horizontal axis: dots with error bars, or bars from zero.
 *
 * @param title what a screen reader says of it
 * @param x title and unit of the axis
 * @param scale how values become positions
 * @param rows one per trial
 * @param reference a vertical line at this value; NaN for none
 */
record DotChart(String title, String x, Scale scale, List<Row> rows, double reference) {
    private static final double WIDTH = 430;
    private static final double ROW = 22;
    private static final double TOP = 6;

    /** How values become positions. */
    enum Scale {
        LINEAR,
        NOT_NEGATIVE,
        LOGARITHMIC,
        BARS_FROM_ZERO
    }

    /**
     * A value.
     *
     * @param index decides colour and marker
     * @param label at the left
     * @param value where the dot lies
     * @param error half length of the error bar; NaN for none
     * @param text beside the value; may be empty
     */
    record Row(int index, String label, double value, double error, String text) {}

    void write(Markup page) {
        double left = Label.room(rows.stream().map(Row::label).toList(), 150) + 4;
        double right = WIDTH - Label.room(rows.stream().map(Row::text).toList(), 110) - 6;
        double bottom = TOP + ROW * rows.size();
        Axis axis = axis(left, right);
        page.open(
                "svg", "viewBox", "0 0 " + (int) WIDTH + " " + (int) (bottom + 40), "role", "img", "aria-label", title);
        Axes.horizontal(page, axis, bottom, x, true);
        if (Double.isFinite(reference)) {
            double at = axis.at(reference);
            page.empty("line", "class", "reference", "x1", at, "x2", at, "y1", TOP - 2, "y2", bottom);
        }
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            double y = TOP + ROW * (i + 0.5);
            page.open("g", "class", "t t" + row.index() + " c" + Marker.colour(row.index()));
            page.leaf("text", Label.cut(row.label(), left - 8), "class", "label end", "x", left - 8, "y", y + 4);
            if (Double.isFinite(row.value())) {
                draw(page, row, axis, y);
            }
            page.leaf("text", row.text(), "class", "tick", "x", right + 8, "y", y + 4);
            page.close();
        }
        page.close();
    }

    private Axis axis(double left, double right) {
        DoubleStream values = rows.stream().flatMapToDouble(row -> {
            double error = Double.isFinite(row.error()) ? row.error() : 0;
            return DoubleStream.of(row.value() - error, row.value() + error);
        });
        DoubleStream all = DoubleStream.concat(values, DoubleStream.of(reference));
        return switch (scale) {
            case LINEAR -> Axis.linear(all, left, right);
            case NOT_NEGATIVE -> Axis.notNegative(all, left, right);
            case LOGARITHMIC -> Axis.logarithmic(all, left, right);
            case BARS_FROM_ZERO -> Axis.fromZero(all, left, right);
        };
    }

    private void draw(Markup page, Row row, Axis axis, double y) {
        String says = row.label() + ": " + Digits.withError(row.value(), row.error());
        double at = axis.at(row.value());
        if (scale == Scale.BARS_FROM_ZERO) {
            page.open("rect", "class", "bar", "x", axis.from(), "y", y - 6, "width", at - axis.from(), "height", 12.0);
            page.leaf("title", says).close();
            return;
        }
        if (row.error() > 0) {
            double low = axis.at(row.value() - row.error());
            double high = axis.at(row.value() + row.error());
            page.empty("line", "class", "error", "x1", low, "x2", high, "y1", y, "y2", y);
            page.empty("line", "class", "error", "x1", low, "x2", low, "y1", y - 4, "y2", y + 4);
            page.empty("line", "class", "error", "x1", high, "x2", high, "y1", y - 4, "y2", y + 4);
        }
        Marker.write(page, row.index(), at, y, says);
    }
}
