package org.plumbline.toolkit.settings;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** How names are written, and which one was probably meant. */
public final class Spelling {
    private Spelling() {}

    /** A Java name in kebab case: {@code stepSize} and {@code STEP_SIZE} are both {@code step-size}. */
    public static String kebab(String javaName) {
        return javaName.replaceAll("([a-z0-9])([A-Z])", "$1-$2")
                .replaceAll("([A-Z])([A-Z][a-z])", "$1-$2")
                .replace('_', '-')
                .toLowerCase(Locale.ROOT);
    }

    /**
     * The known name that differs least from what was written, if it is near enough to have been meant: at most one
     * third of its characters differ.
     */
    public static Optional<String> nearest(String written, Collection<String> known) {
        String asked = kebab(written);
        return known.stream()
                .filter(name -> distance(asked, name) <= Math.max(1, name.length() / 3))
                .min(Comparator.<String>comparingInt(name -> distance(asked, name))
                        .thenComparing(name -> name));
    }

    /** Insertions, deletions, replacements and swaps of neighbours that lead from a to b (optimal string alignment). */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replaced = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replaced, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
