package org.plumbline.toolkit.onnx;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.toolkit.onnx.Operand.Numbers;

/** A node with the values that it takes. */
record Call<T>(OnnxNode node, List<@Nullable Operand<T>> operands, long operatorSet) {
    /** True if the optional input of this position is given. */
    boolean has(int input) {
        return node.has(input);
    }

    /** The input of this position. */
    Operand<T> in(int input) {
        Operand<T> found = input < operands.size() ? operands.get(input) : null;
        if (found == null) {
            throw new Refusal("it lacks its input " + input);
        }
        return found;
    }

    /** An input that must be known while the file is read. */
    Numbers<T> numbers(int input) {
        if (in(input) instanceof Numbers<T> numbers) {
            return numbers;
        }
        throw new Refusal("its input " + input + " would have to be a constant");
    }

    /** A constant list of whole numbers, none of which depends on the batch. */
    long[] integers(int input) {
        Numbers<T> found = numbers(input);
        double[] values = found.values();
        long[] integers = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            if (found.row(i)) {
                throw new Refusal("its input " + input + " depends on the batch");
            }
            integers[i] = (long) values[i];
        }
        return integers;
    }

    /** A list of whole numbers that older operator sets have as an attribute; null if it is absent. */
    long @Nullable [] integers(String attribute, int input) {
        if (node.has(attribute)) {
            return node.integers(attribute);
        }
        return has(input) ? integers(input) : null;
    }
}
