package org.plumbline.kernel.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Points of several trials on two logarithmic axes.
 *
 * @param title what a screen reader says of it
 * @param x title and unit of the horizontal axis
 * @param y title and unit of the vertical axis
 * @param series one per trial; points that are not positive are left out
 * @param hyperbolas whether lines of equal product of both are drawn, each ten times the next
 */
record ScatterChart(String title, String x, String y, List<Series> series, boolean hyperbolas) {
    private static final double WIDTH = 430;
    private static final double HEIGHT = 300;
    private static final double TOP = 30;
    private static final double BOTTOM = HEIGHT - 40;

    /**
     * The points of a trial.
     *
     * @param index decides colour and marker
     * @param label beside the last point
     * @param points joined by a line if there are several
     */
    record Series(int index, String label, List<Point> points) {
        Series {
            points = points.stream().filter(Point::positive).toList();
        }
    }

    /**
     * A point.
     *
     * @param error half height of the error bar; NaN for none
     * @param says what it says when it is pointed at
     */
    record Point(double x, double y, double error, String says) {
        boolean positive() {
            return x > 0 && y > 0 && Double.isFinite(x) && Double.isFinite(y);
        }

        double low() {
            return error > 0 && error < y ? y - error : y;
        }

        double high() {
            return error > 0 ? y + error : y;
        }
    }

    void write(Markup page) {
        Axis up = Axis.logarithmic(
                points().flatMapToDouble(point -> DoubleStream.of(point.low(), point.high())), BOTTOM, TOP);
        List<Double> ticks = up.ticks(5);
        List<String> yLabels = up.labels(ticks);
        double left = 12
                + Label.width(yLabels.stream()
                        .max(Comparator.comparing(String::length))
                        .orElse(""));
        double right = WIDTH - Label.room(series.stream().map(Series::label).toList(), 140) - 10;
        Axis across = Axis.logarithmic(points().mapToDouble(Point::x), left, right);
        page.open("svg", "viewBox", "0 0 " + (int) WIDTH + " " + (int) HEIGHT, "role", "img", "aria-label", title);
        page.leaf("text", y, "class", "axis", "x", 0.0, "y", 13.0);
        for (int i = 0; i < ticks.size(); i++) {
            double at = up.at(ticks.get(i));
            page.empty("line", "class", "grid", "x1", left, "x2", right, "y1", at, "y2", at);
            page.leaf("text", yLabels.get(i), "class", "tick end", "x", left - 6, "y", at + 4);
        }
        Axes.horizontal(page, across, BOTTOM, x, false);
        if (hyperbolas) {
            hyperbolas(page, across, up);
        }
        List<Label> labels = new ArrayList<>();
        for (Series one : series) {
            if (!one.points().isEmpty()) {
                draw(page, one, across, up);
                Point last = one.points().get(one.points().size() - 1);
                labels.add(new Label(one.index(), one.label(), across.at(last.x()) + 8, up.at(last.y())));
            }
        }
        Label.spread(labels, TOP, BOTTOM)
                .forEach((label, height) -> page.leaf(
                        "text",
                        Label.cut(label.text(), WIDTH - label.x()),
                        "class",
                        "label t t" + label.index() + " c" + Marker.colour(label.index()),
                        "x",
                        label.x(),
                        "y",
                        height + 4));
        page.close();
    }

    private Stream<Point> points() {
        return series.stream().flatMap(one -> one.points().stream());
    }

    /** x y = 10^n, a straight line between the corners of the picture it crosses. */
    private static void hyperbolas(Markup page, Axis across, Axis up) {
        int first = (int) Math.ceil(Math.log10(across.low() * up.low()));
        int last = (int) Math.floor(Math.log10(across.high() * up.high()));
        for (int power = first; power <= last; power++) {
            double product = Math.pow(10, power);
            double from = Math.max(across.low(), product / up.high());
            double to = Math.min(across.high(), product / up.low());
            page.empty(
                    "line",
                    "class",
                    "reference",
                    "x1",
                    across.at(from),
                    "y1",
                    up.at(product / from),
                    "x2",
                    across.at(to),
                    "y2",
                    up.at(product / to));
        }
    }

    private static void draw(Markup page, Series one, Axis across, Axis up) {
        page.open("g", "class", "t t" + one.index() + " c" + Marker.colour(one.index()));
        if (one.points().size() > 1) {
            StringBuilder path = new StringBuilder();
            for (Point point : one.points()) {
                path.append(String.format(
                        Locale.ROOT,
                        "%s%.1f %.1f",
                        path.isEmpty() ? "M" : "L",
                        across.at(point.x()),
                        up.at(point.y())));
            }
            page.empty("path", "class", "mean" + Marker.dash(one.index()), "d", path);
        }
        for (Point point : one.points()) {
            double at = across.at(point.x());
            if (point.error() > 0) {
                page.empty(
                        "line",
                        "class",
                        "error",
                        "x1",
                        at,
                        "x2",
                        at,
                        "y1",
                        up.at(point.low()),
                        "y2",
                        up.at(point.high()));
            }
            Marker.write(page, one.index(), at, up.at(point.y()), point.says());
        }
        page.close();
    }
}
