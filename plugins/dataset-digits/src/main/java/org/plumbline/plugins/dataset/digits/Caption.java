package org.plumbline.plugins.dataset.digits;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The words for an image. Which images are bold, thin, slanted or upright is relative to the images that the generator
 * learns from: the thickest third is bold and the thinnest third thin; the third with the largest slant is slanted, and
 * the third with the smallest absolute slant upright. An image in between has no such word.
 */
final class Caption {
    private static final String[] DIGITS = {
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"
    };

    private final double thin;
    private final double bold;
    private final double upright;
    private final double slanted;

    private Caption(double thin, double bold, double upright, double slanted) {
        this.thin = thin;
        this.bold = bold;
        this.upright = upright;
        this.slanted = slanted;
    }

    /** Takes the limits from these images. */
    static Caption relativeTo(List<Stroke> strokes) {
        double[] thickness = strokes.stream().mapToDouble(Stroke::thickness).toArray();
        double[] slant = strokes.stream().mapToDouble(Stroke::slant).toArray();
        double[] lean = Arrays.stream(slant).map(Math::abs).toArray();
        return new Caption(
                quantile(thickness, 1 / 3.0),
                quantile(thickness, 2 / 3.0),
                quantile(lean, 1 / 3.0),
                quantile(slant, 2 / 3.0));
    }

    /** The words that are true of an image. */
    List<String> attributes(Stroke stroke) {
        List<String> words = new ArrayList<>(2);
        if (stroke.thickness() <= thin) {
            words.add("thin");
        } else if (stroke.thickness() >= bold) {
            words.add("bold");
        }
        if (stroke.slant() >= slanted) {
            words.add("slanted");
        } else if (Math.abs(stroke.slant()) <= upright) {
            words.add("upright");
        }
        return words;
    }

    /**
     * A caption that mentions each true word with probability one half: "a handwritten three", "an upright five",
     * "a bold slanted zero".
     */
    String of(int digit, Stroke stroke, RandomGenerator random) {
        List<String> words = new ArrayList<>(4);
        for (String word : attributes(stroke)) {
            if (random.nextBoolean()) {
                words.add(word);
            }
        }
        if (words.isEmpty()) {
            words.add("handwritten");
        }
        words.add(0, words.get(0).equals("upright") ? "an" : "a");
        words.add(DIGITS[digit]);
        return String.join(" ", words);
    }

    /** The limits in words, for reports. */
    @Override
    public String toString() {
        return String.format(
                java.util.Locale.ROOT,
                "thin: thickness <= %.4f, bold: >= %.4f; upright: |slant| <= %.4f, slanted: >= %.4f",
                thin,
                bold,
                upright,
                slanted);
    }

    /** Between the two nearest of the sorted values in proportion, as most statistics packages do. */
    static double quantile(double[] values, double fraction) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double position = fraction * (sorted.length - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}
