package org.plumbline.kernel.plugin;

import java.util.Arrays;
import java.util.Comparator;

/** The order of versions of the form major.minor.micro.qualifier. */
final class Versions {
    static final Comparator<String> ORDER =
            Comparator.<String, String>comparing(Versions::numbers).thenComparing(Versions::qualifier);

    private Versions() {}

    private static String numbers(String version) {
        return Arrays.stream(version.split("\\.", -1))
                .limit(3)
                .map(part -> part.chars().allMatch(Character::isDigit) && !part.isEmpty() ? part : "0")
                .map(part -> "0".repeat(Math.max(0, 9 - part.length())) + part)
                .reduce("", String::concat);
    }

    private static String qualifier(String version) {
        String[] parts = version.split("\\.", 4);
        return parts.length == 4 ? parts[3] : "";
    }
}
