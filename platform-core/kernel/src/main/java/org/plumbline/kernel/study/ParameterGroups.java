package org.plumbline.kernel.study;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.plumbline.spi.graph.ParameterLayout;

/**
 * The trained numbers in groups that a table can hold: by the first parts of their names, which say in which block they
 * are, and by kind, which for adapters is the factor (lora_A, lora_B) and for weights the last part (weight, bias). Names
 * without parts are groups of their own.
 */
final class ParameterGroups {
    private final Map<String, List<ParameterLayout.Entry>> groups = new LinkedHashMap<>();

    /**
     * @param depth how many parts of a name tell groups apart
     */
    ParameterGroups(ParameterLayout layout, int depth) {
        for (ParameterLayout.Entry entry : layout.entries()) {
            groups.computeIfAbsent(name(entry.name(), depth), none -> new ArrayList<>())
                    .add(entry);
        }
    }

    private static String name(String parameter, int depth) {
        String[] parts = parameter.contains(" ") ? new String[] {parameter} : parameter.split("\\.");
        if (parts.length <= depth + 1) {
            return parameter;
        }
        String last = parts[parts.length - 1];
        String before = parts[parts.length - 2];
        String kind = before.startsWith("lora_") ? before : last;
        return String.join(".", Arrays.copyOf(parts, depth)) + " " + kind;
    }

    List<String> names() {
        return List.copyOf(groups.keySet());
    }

    /** How many numbers are in a group. */
    int size(String group) {
        return entries(group).stream().mapToInt(ParameterLayout.Entry::size).sum();
    }

    /** The sum of a vector's components over a group. */
    double sum(String group, double[] vector) {
        double sum = 0;
        for (ParameterLayout.Entry entry : entries(group)) {
            for (int i = entry.offset(); i < entry.offset() + entry.size(); i++) {
                sum += vector[i];
            }
        }
        return sum;
    }

    private List<ParameterLayout.Entry> entries(String group) {
        return groups.getOrDefault(group, List.of());
    }
}
