package org.plumbline.kernel.report;

import java.util.Locale;

/** How trials are told apart without colour: by marker, and by dashes once the colours repeat. */
final class Marker {
    private static final int COLOURS = 8;
    private static final double R = 3.4;

    private Marker() {}

    /** The colour class of a trial. */
    static int colour(int index) {
        return index % COLOURS;
    }

    /** The dash class of a trial's line, with a leading blank; empty for the first eight. */
    static String dash(int index) {
        return index < COLOURS ? "" : " dash" + Math.min(2, index / COLOURS);
    }

    static void write(Markup page, int index, double x, double y, String says) {
        if (!Double.isFinite(x) || !Double.isFinite(y)) {
            return;
        }
        page.open("path", "class", "marker", "d", shape(index, x, y));
        if (!says.isEmpty()) {
            page.leaf("title", says);
        }
        page.close();
    }

    /** The marker alone, for tables and legends. */
    static void swatch(Markup page, int index) {
        page.open("svg", "class", "swatch c" + colour(index), "viewBox", "0 0 22 10", "aria-hidden", "true");
        page.empty("path", "class", "mean" + dash(index), "d", "M0 5L22 5");
        write(page, index, 11, 5, "");
        page.close();
    }

    private static String shape(int index, double x, double y) {
        return switch (index % 5) {
            case 0 -> circle(x, y);
            case 1 -> polygon(x, y, -R, -R, R, -R, R, R, -R, R);
            case 2 -> polygon(x, y, 0, -1.3 * R, 1.25 * R, R, -1.25 * R, R);
            case 3 -> polygon(x, y, 0, -1.45 * R, 1.45 * R, 0, 0, 1.45 * R, -1.45 * R, 0);
            default -> polygon(x, y, 0, 1.3 * R, 1.25 * R, -R, -1.25 * R, -R);
        };
    }

    private static String circle(double x, double y) {
        return String.format(
                Locale.ROOT,
                "M%.1f %.1fa%.1f %.1f 0 1 0 %.1f 0a%.1f %.1f 0 1 0 %.1f 0Z",
                x - R,
                y,
                R,
                R,
                2 * R,
                R,
                R,
                -2 * R);
    }

    private static String polygon(double x, double y, double... corners) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < corners.length; i += 2) {
            path.append(
                    String.format(Locale.ROOT, "%s%.1f %.1f", i == 0 ? "M" : "L", x + corners[i], y + corners[i + 1]));
        }
        return path.append('Z').toString();
    }
}
