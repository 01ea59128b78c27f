package org.plumbline.spi.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** How named parameters lie in one flat vector theta: one after the other, each in row-major order. Immutable. */
public final class ParameterLayout {
    private static final ParameterLayout EMPTY = new ParameterLayout(List.of());

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final int size;

    private ParameterLayout(List<Entry> list) {
        int end = 0;
        for (Entry entry : list) {
            if (entries.put(entry.name(), entry) != null) {
                throw new IllegalArgumentException("parameter '" + entry.name() + "' is declared twice");
            }
            end = Math.addExact(end, entry.size());
        }
        size = end;
    }

    /** A layout without parameters. */
    public static ParameterLayout empty() {
        return EMPTY;
    }

    /** Starts a layout. */
    public static Builder builder() {
        return new Builder();
    }

    /** The length of theta. */
    public int size() {
        return size;
    }

    /** True if a parameter of this name is part of theta. */
    public boolean contains(String name) {
        return entries.containsKey(name);
    }

    /** The entry of this name. */
    public Entry entry(String name) {
        return Objects.requireNonNull(entries.get(name), () -> "no parameter '" + name + "'");
    }

    /** All entries in the order in which they lie in theta. */
    public List<Entry> entries() {
        return List.copyOf(entries.values());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ParameterLayout layout && layout.entries().equals(entries());
    }

    @Override
    public int hashCode() {
        return entries.hashCode();
    }

    /**
     * One parameter.
     *
     * @param name the name by which the graph asks for it
     * @param offset index of its first number in theta
     * @param shape its sizes
     */
    public record Entry(String name, int offset, long... shape) {
        public Entry {
            shape = shape.clone();
        }

        @Override
        public long[] shape() {
            return shape.clone();
        }

        /** How many numbers it holds. */
        public int size() {
            long product = 1;
            for (long length : shape) {
                product = Math.multiplyExact(product, length);
            }
            return Math.toIntExact(product);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Entry entry
                    && entry.name.equals(name)
                    && entry.offset == offset
                    && Arrays.equals(entry.shape, shape);
        }

        @Override
        public int hashCode() {
            return Objects.hash(name, offset, Arrays.hashCode(shape));
        }

        @Override
        public String toString() {
            return name + Arrays.toString(shape) + "@" + offset;
        }
    }

    /** Collects parameters in order. */
    public static final class Builder {
        private final List<Entry> list = new ArrayList<>();
        private int end;

        private Builder() {}

        /** Appends a parameter. */
        public Builder add(String name, long... shape) {
            Entry entry = new Entry(name, end, shape);
            list.add(entry);
            end = Math.addExact(end, entry.size());
            return this;
        }

        /** Builds the layout. */
        public ParameterLayout build() {
            return new ParameterLayout(list);
        }
    }
}
