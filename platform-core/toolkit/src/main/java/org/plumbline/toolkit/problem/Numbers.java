package org.plumbline.toolkit.problem;

import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DenoiserInput;

/** Arrays by formula, and the inputs of a denoiser. */
final class Numbers {
    private Numbers() {}

    @FunctionalInterface
    interface OfRow {
        double at(int row);
    }

    @FunctionalInterface
    interface OfPlace {
        double at(int row, int column);
    }

    static double[] vector(int length, OfRow formula) {
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            values[i] = formula.at(i);
        }
        return values;
    }

    static WeightSource.Weight weight(int length, OfRow formula) {
        return new WeightSource.Weight(vector(length, formula), length);
    }

    static WeightSource.Weight weight(int rows, int columns, OfPlace formula) {
        double[] values = new double[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = formula.at(i / columns, i % columns);
        }
        return new WeightSource.Weight(values, rows, columns);
    }

    static <T> T input(Map<String, T> inputs, DenoiserInput which) {
        return Objects.requireNonNull(inputs.get(which.key()), which.key());
    }
}
