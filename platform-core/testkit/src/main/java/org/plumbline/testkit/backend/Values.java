package org.plumbline.testkit.backend;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Named small arrays with access by index, for formulas. */
final class Values {
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private record Entry(double[] numbers, int... sizes) {}

    /** Adds an array, row-major. It is not copied, so that a caller may move single numbers. */
    void put(String name, double[] numbers, long... shape) {
        int[] sizes = new int[shape.length];
        for (int axis = 0; axis < sizes.length; axis++) {
            sizes[axis] = Math.toIntExact(shape[axis]);
        }
        entries.put(name, new Entry(numbers, sizes));
    }

    /** The numbers of an array. */
    double[] numbers(String name) {
        return entry(name).numbers;
    }

    /** The size of an axis. */
    int size(String name, int axis) {
        return entry(name).sizes[axis];
    }

    /**
     * One number. Trailing indices belong to trailing axes, and an axis of size 1 takes any index: NumPy's rule for
     * broadcasting.
     */
    double at(String name, int... index) {
        Entry entry = entry(name);
        int skipped = index.length - entry.sizes.length;
        int offset = 0;
        for (int axis = 0; axis < entry.sizes.length; axis++) {
            int size = entry.sizes[axis];
            offset = offset * size + (size == 1 ? 0 : index[skipped + axis]);
        }
        return entry.numbers[offset];
    }

    private Entry entry(String name) {
        return Objects.requireNonNull(entries.get(name), name);
    }
}
