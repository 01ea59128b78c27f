package org.plumbline.toolkit.sampler;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;

/** A sum of multiples of tensors. A null tensor stands for zero, and so does a sum without terms. */
public final class LinearCombination {
    private final List<Double> coefficients = new ArrayList<>();
    private final List<Tensor> tensors = new ArrayList<>();

    /** Adds a term; nothing if it is zero. */
    public LinearCombination add(double coefficient, @Nullable Tensor tensor) {
        if (coefficient != 0 && tensor != null) {
            coefficients.add(coefficient);
            tensors.add(tensor);
        }
        return this;
    }

    /** Adds one term for each weight. */
    public LinearCombination add(double[] weights, @Nullable Tensor[] terms) {
        for (int i = 0; i < weights.length; i++) {
            add(weights[i], terms[i]);
        }
        return this;
    }

    /** The sum, a new tensor of the arena. */
    public @Nullable Tensor in(TensorArena arena) {
        return tensors.isEmpty()
                ? null
                : arena.combine(coefficients.stream().mapToDouble(c -> c).toArray(), tensors);
    }
}
