package org.plumbline.kernel.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Curves of several trials: the mean with a band of one standard error, the seeds faintly, a label at the end of each.
 *
 * @param title what a screen reader says of it
 * @param x title and unit of the horizontal axis
 * @param y title and unit of the vertical axis
 * @param lines one per trial
 * @param reference a horizontal line at this height; NaN for none
 * @param referenceLabel its label
 */
record LineChart(String title, String x, String y, List<Line> lines, double reference, String referenceLabel) {
    private static final double WIDTH = 430;
    private static final double HEIGHT = 280;
    private static final double TOP = 30;
    private static final double BOTTOM = HEIGHT - 40;
    private static final double LABEL_DISTANCE = 13;

    /**
     * The curves of a trial.
     *
     * @param index decides colour and marker
     * @param label at the end of the curve
     * @param mean the curve; may be empty
     * @param faint curves of the seeds
     */
    record Line(int index, String label, List<Point> mean, List<List<Point>> faint) {}

    /** A point with the half height of the band; what it says when it is pointed at. */
    record Point(double x, double y, double error, String says) {}

    void write(Markup page) {
        double right = WIDTH - Label.room(lines.stream().map(Line::label).toList(), 120) - 10;
        List<String> yLabels = vertical().labels(vertical().ticks(5));
        double left = 12
                + Label.width(yLabels.stream()
                        .max(Comparator.comparing(String::length))
                        .orElse(""));
        Axis across = new Axis(0, high(), left, right, false);
        Axis up = vertical();
        page.open("svg", "viewBox", "0 0 " + (int) WIDTH + " " + (int) HEIGHT, "role", "img", "aria-label", title);
        page.leaf("text", y, "class", "axis", "x", 0.0, "y", 13.0);
        List<Double> ticks = up.ticks(5);
        for (int i = 0; i < ticks.size(); i++) {
            double at = up.at(ticks.get(i));
            page.empty("line", "class", "grid", "x1", left, "x2", right, "y1", at, "y2", at);
            page.leaf("text", yLabels.get(i), "class", "tick end", "x", left - 6, "y", at + 4);
        }
        Axes.horizontal(page, across, BOTTOM, x, false);
        if (Double.isFinite(reference)) {
            double at = up.at(reference);
            page.empty("line", "class", "reference", "x1", left, "x2", right, "y1", at, "y2", at);
            page.leaf("text", referenceLabel, "class", "note", "x", left + 4, "y", at - 4);
        }
        for (Line line : lines) {
            page.open("g", "class", "t t" + line.index() + " c" + Marker.colour(line.index()));
            draw(page, line, across, up);
            page.close();
        }
        labels(page, across, up);
        page.close();
    }

    private double high() {
        double high =
                points().mapToDouble(Point::x).filter(Double::isFinite).max().orElse(1);
        return high > 0 ? high : 1;
    }

    private Axis vertical() {
        DoubleStream shown = points().flatMapToDouble(point -> {
            double error = Double.isFinite(point.error()) ? point.error() : 0;
            return DoubleStream.of(point.y() - error, point.y() + error);
        });
        return Axis.linear(DoubleStream.concat(shown, DoubleStream.of(reference)), BOTTOM, TOP);
    }

    private Stream<Point> points() {
        return lines.stream()
                .flatMap(line -> Stream.concat(
                        line.mean().stream(), line.faint().stream().flatMap(List::stream)));
    }

    private static void draw(Markup page, Line line, Axis across, Axis up) {
        List<Point> mean = line.mean();
        if (mean.size() > 1 && mean.stream().anyMatch(point -> point.error() > 0)) {
            StringBuilder band = new StringBuilder();
            for (Point point : mean) {
                join(band, across.at(point.x()), up.at(point.y() + known(point.error())));
            }
            for (int i = mean.size() - 1; i >= 0; i--) {
                join(
                        band,
                        across.at(mean.get(i).x()),
                        up.at(mean.get(i).y() - known(mean.get(i).error())));
            }
            page.empty("path", "class", "band", "d", band.append('Z'));
        }
        for (List<Point> seed : line.faint()) {
            page.empty("path", "class", "faint", "d", path(seed, across, up));
        }
        page.empty("path", "class", "mean" + Marker.dash(line.index()), "d", path(mean, across, up));
        for (Point point : mean) {
            Marker.write(page, line.index(), across.at(point.x()), up.at(point.y()), point.says());
        }
    }

    /** Labels stand beside the ends of their curves, moved apart where they would overlap. */
    private void labels(Markup page, Axis across, Axis up) {
        List<Label> labels = new ArrayList<>();
        for (Line line : lines) {
            List<Point> points =
                    line.mean().isEmpty() ? line.faint().stream().findFirst().orElse(List.of()) : line.mean();
            if (!points.isEmpty()) {
                Point end = points.get(points.size() - 1);
                labels.add(new Label(line.index(), line.label(), across.at(end.x()), up.at(end.y())));
            }
        }
        labels.sort(Comparator.comparingDouble(Label::y));
        double[] at = labels.stream().mapToDouble(Label::y).toArray();
        for (int pass = 0; pass < 200; pass++) {
            for (int i = 1; i < at.length; i++) {
                double missing = LABEL_DISTANCE - (at[i] - at[i - 1]);
                if (missing > 0) {
                    at[i - 1] -= missing / 2;
                    at[i] += missing / 2;
                }
            }
            for (int i = 0; i < at.length; i++) {
                at[i] = Math.min(BOTTOM, Math.max(TOP, at[i]));
            }
        }
        for (int i = 0; i < at.length; i++) {
            Label label = labels.get(i);
            page.open("g", "class", "t t" + label.index() + " c" + Marker.colour(label.index()));
            double x = across.to() + 14;
            page.empty(
                    "path",
                    "class",
                    "leader",
                    "d",
                    String.format(
                            Locale.ROOT,
                            "M%.1f %.1fL%.1f %.1fL%.1f %.1f",
                            label.x() + 4,
                            label.y(),
                            across.to() + 5,
                            label.y(),
                            x - 2,
                            at[i]));
            page.leaf("text", Label.cut(label.text(), WIDTH - x), "class", "label", "x", x, "y", at[i] + 4);
            page.close();
        }
    }

    private static String path(List<Point> points, Axis across, Axis up) {
        StringBuilder path = new StringBuilder();
        for (Point point : points) {
            if (Double.isFinite(point.y())) {
                join(path, across.at(point.x()), up.at(point.y()));
            }
        }
        return path.toString();
    }

    private static void join(StringBuilder path, double x, double y) {
        path.append(String.format(Locale.ROOT, "%s%.1f %.1f", path.isEmpty() ? "M" : "L", x, y));
    }

    private static double known(double error) {
        return Double.isFinite(error) ? error : 0;
    }
}
