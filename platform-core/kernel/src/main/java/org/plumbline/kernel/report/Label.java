package org.plumbline.kernel.report;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A text at a place of a chart. Widths are estimates, since the reader's font is not known. */
record Label(int index, String text, double x, double y) {
    private static final double CHARACTER = 6.4;
    private static final double LINE = 13;
    private static final int PASSES = 200;

    static double width(String text) {
        return CHARACTER * text.length();
    }

    /** Room for the longest of these texts, at most {@code limit}. */
    static double room(List<String> texts, double limit) {
        double longest = texts.stream().mapToDouble(Label::width).max().orElse(0);
        return Math.min(limit, longest + 6);
    }

    /** The text, shortened in its middle to this width if need be: names often differ at their ends. */
    static String cut(String text, double room) {
        int fits = (int) Math.max(2, room / CHARACTER);
        if (text.length() <= fits) {
            return text;
        }
        int tail = (fits - 1) / 2;
        return text.substring(0, fits - 1 - tail) + "\u2026" + text.substring(text.length() - tail);
    }

    /** Heights for labels, near their own but a line apart and within limits; in order of height. */
    static Map<Label, Double> spread(List<Label> labels, double top, double bottom) {
        List<Label> sorted =
                labels.stream().sorted(Comparator.comparingDouble(Label::y)).toList();
        double[] at = sorted.stream().mapToDouble(Label::y).toArray();
        for (int pass = 0; pass < PASSES; pass++) {
            for (int i = 1; i < at.length; i++) {
                double missing = LINE - (at[i] - at[i - 1]);
                if (missing > 0) {
                    at[i - 1] -= missing / 2;
                    at[i] += missing / 2;
                }
            }
            for (int i = 0; i < at.length; i++) {
                at[i] = Math.min(bottom, Math.max(top, at[i]));
            }
        }
        Map<Label, Double> heights = new LinkedHashMap<>();
        for (int i = 0; i < at.length; i++) {
            heights.put(sorted.get(i), at[i]);
        }
        return heights;
    }
}
