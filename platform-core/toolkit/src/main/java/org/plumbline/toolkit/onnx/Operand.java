package org.plumbline.toolkit.onnx;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A value of the file while it is read.
 *
 * @param <T> what the interpreter of our operations uses for a tensor
 */
sealed interface Operand<T> {
    /** How the file thinks of its numbers. */
    ElementType type();

    /** Its sizes. */
    Layout layout();

    /**
     * Numbers that are known while the file is read, the same for every row: weights, constants, and what files compute
     * with sizes.
     *
     * @param source gives the numbers, row-major, a multiple of the batch among the sizes counting as 1
     * @param rows which numbers stand for that multiple of the batch; null if none does
     * @param weight the initializer that this is, or null
     */
    record Numbers<T>(
            ElementType type,
            Layout layout,
            Supplier<double[]> source,
            boolean @Nullable [] rows,
            @Nullable String weight)
            implements Operand<T> {
        /** Larger weights are not computed with while reading, since every number would be kept in float64. */
        private static final int LARGEST = 1 << 16;

        public Numbers {
            rows = any(rows) ? rows : null;
        }

        static <T> Numbers<T> of(ElementType type, Layout layout, double... values) {
            return new Numbers<>(type, layout, () -> values, null, null);
        }

        private static boolean any(boolean @Nullable [] flags) {
            return flags != null && IntStream.range(0, flags.length).anyMatch(i -> flags[i]);
        }

        /** The numbers. */
        double[] values() {
            return source.get();
        }

        /** True if it may be computed with while reading. */
        boolean small() {
            return weight == null || layout.size() <= LARGEST;
        }

        /** True if number i stands for a multiple of the batch. */
        boolean row(int i) {
            return rows != null && rows[i];
        }

        /** The same numbers, seen otherwise. */
        Numbers<T> as(ElementType other, Layout sizes) {
            return new Numbers<>(other, sizes, source, rows, null);
        }

        /** The only number. */
        double single() {
            double[] values = values();
            if (values.length != 1) {
                throw new Refusal("one number is needed, not " + layout);
            }
            return values[0];
        }
    }

    /**
     * A tensor of the graph.
     *
     * @param tensor its axes are those of {@link Layout#tensor}
     * @param everyRow false if it is the same for every row, and its tensor has a size of 1 for the batch
     */
    record Computed<T>(ElementType type, Layout layout, T tensor, boolean everyRow) implements Operand<T> {}

    /**
     * Real numbers that the file rounds. As an index into a table they are whole to begin with; anything else would have no
     * gradient and is refused.
     */
    record Rounded<T>(ElementType type, Layout layout, T tensor) implements Operand<T> {}

    /**
     * Which element of each row is meant: what files compute to pick the last token of a text.
     *
     * @param coordinates one, for an index into joined axes, or several
     */
    record Address<T>(Layout layout, List<Coordinate<T>> coordinates) implements Operand<T> {
        @Override
        public ElementType type() {
            return ElementType.INT64;
        }
    }

    /**
     * {@code stride * row + position}.
     *
     * @param chosen [batch, length], 1 at the position and 0 elsewhere; null if the position is 0
     * @param length how many positions there are
     */
    record Coordinate<T>(long stride, @Nullable T chosen, long length) {}
}
