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
    private static final double INSIDE = 7;
    private static final int MARKERS = 16;
    private static final int REFERENCE = -1;

    /**
     * The curves of a trial. Points that are not finite are left out.
     *
     * @param index decides colour and marker
     * @param label at the end of the curve
     * @param mean the curve; may be empty
     * @param faint curves of the seeds
     */
    record Line(int index, String label, List<Point> mean, List<List<Point>> faint) {
        Line {
            mean = mean.stream().filter(Point::finite).toList();
            faint = faint.stream()
                    .map(seed -> seed.stream().filter(Point::finite).toList())
                    .toList();
        }
    }

    /** A point with the half height of the band; what it says when it is pointed at. */
    record Point(double x, double y, double error, String says) {
        boolean finite() {
            return Double.isFinite(x) && Double.isFinite(y);
        }
    }

    void write(Markup page) {
        Stream<String> names = Stream.concat(lines.stream().map(Line::label), Stream.of(referenceLabel));
        double right = WIDTH - Label.room(names.toList(), 140) - 10;
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
        int stride = Math.max(1, (mean.size() + MARKERS - 1) / MARKERS);
        for (int i = (mean.size() - 1 + stride) % stride; i < mean.size(); i += stride) {
            Point point = mean.get(i);
            Marker.write(page, line.index(), across.at(point.x()), up.at(point.y()), point.says());
        }
    }

    /**
     * A label stands at the right, on the height of its curve's end; that of a curve that ends early stands at the end
     * itself, so that no line to it looks like more of the curve. Labels that would overlap are moved apart.
     */
    private void labels(Markup page, Axis across, Axis up) {
        List<Label> right = new ArrayList<>();
        List<Label> inside = new ArrayList<>();
        for (Line line : lines) {
            List<Point> points =
                    line.mean().isEmpty() ? line.faint().stream().findFirst().orElse(List.of()) : line.mean();
            if (!points.isEmpty()) {
                Point end = points.get(points.size() - 1);
                double x = across.at(end.x());
                boolean early = x + INSIDE + Label.width(line.label()) < across.to();
                (early ? inside : right).add(new Label(line.index(), line.label(), x, up.at(end.y())));
            }
        }
        if (Double.isFinite(reference)) {
            right.add(new Label(REFERENCE, referenceLabel, across.to(), up.at(reference)));
        }
        Label.spread(inside, TOP, BOTTOM).forEach((label, y) -> {
            write(page, label, label.x() + INSIDE, y - INSIDE);
        });
        Label.spread(right, TOP, BOTTOM).forEach((label, y) -> {
            double x = across.to() + 14;
            if (label.index() != REFERENCE) {
                page.empty(
                        "path",
                        "class",
                        "leader t t" + label.index() + " c" + Marker.colour(label.index()),
                        "d",
                        String.format(
                                Locale.ROOT,
                                "M%.1f %.1fL%.1f %.1fL%.1f %.1f",
                                label.x() + 4,
                                label.y(),
                                across.to() + 5,
                                label.y(),
                                x - 2,
                                y));
            }
            write(page, label, x, y);
        });
    }

    private static void write(Markup page, Label label, double x, double y) {
        String look =
                label.index() == REFERENCE ? "note" : "label t t" + label.index() + " c" + Marker.colour(label.index());
        page.leaf("text", Label.cut(label.text(), WIDTH - x), "class", look, "x", x, "y", y + 4);
    }

    private static String path(List<Point> points, Axis across, Axis up) {
        StringBuilder path = new StringBuilder();
        for (Point point : points) {
            join(path, across.at(point.x()), up.at(point.y()));
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
