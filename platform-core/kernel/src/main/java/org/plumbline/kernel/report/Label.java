package org.plumbline.kernel.report;

import java.util.List;

/** A text at a place of a chart. Widths are estimates, since the reader's font is not known. */
record Label(int index, String text, double x, double y) {
    private static final double CHARACTER = 6.1;

    static double width(String text) {
        return CHARACTER * text.length();
    }

    /** Room for the longest of these texts, at most {@code limit}. */
    static double room(List<String> texts, double limit) {
        return texts.stream().mapToDouble(Label::width).max().orElse(0) > limit
                ? limit
                : texts.stream().mapToDouble(Label::width).max().orElse(0) + 6;
    }

    /** The text, shortened to this width if need be. */
    static String cut(String text, double room) {
        int fits = (int) Math.max(2, room / CHARACTER);
        return text.length() <= fits ? text : text.substring(0, fits - 1) + "\u2026";
    }
}
