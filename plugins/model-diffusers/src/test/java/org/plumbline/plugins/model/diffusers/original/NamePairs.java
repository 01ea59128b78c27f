package org.plumbline.plugins.model.diffusers.original;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;
import org.plumbline.plugins.model.diffusers.network.GoldenCases;

/** Names that weights have in both layouts, written down in a resource. */
public final class NamePairs {
    private NamePairs() {}

    /** The original name of every weight, or layer, by {@code <part>/<name>} in the layout of diffusers. */
    public static Map<String, String> read(String resource) throws IOException {
        Map<String, String> pairs = new TreeMap<>();
        for (String line : Files.readAllLines(GoldenCases.resource("/original/" + resource))) {
            if (!line.startsWith("#")) {
                String[] names = line.split(" ");
                pairs.put(names[1], names[0]);
            }
        }
        return pairs;
    }
}
