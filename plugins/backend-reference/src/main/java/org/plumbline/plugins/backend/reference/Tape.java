package org.plumbline.plugins.backend.reference;

import java.util.ArrayList;
import java.util.List;

/** What must be done, in reverse order, to pull a cotangent back through the operations of one call. */
final class Tape {
    /** The vector-Jacobian product of one operation: adds to the gradients of its tracked operands. */
    @FunctionalInterface
    interface PullBack {
        /** Takes the cotangent of the operation's result, row-major. */
        void pull(double[] gradient);
    }

    private record Step(Value result, PullBack pullBack) {}

    private final List<Step> steps = new ArrayList<>();

    /** The result of an operation. The pull-back is remembered only if one of the operands is tracked. */
    Value result(int[] shape, double[] data, PullBack pullBack, Value... operands) {
        boolean tracked = false;
        for (Value operand : operands) {
            tracked |= operand.tracked;
        }
        Value result = new Value(shape, data, tracked);
        if (tracked) {
            steps.add(new Step(result, pullBack));
        }
        return result;
    }

    /** Pulls the cotangent of {@code output} back to the leaves and empties the tape. */
    void sweep(Value output, double[] cotangent) {
        if (output.tracked) {
            double[] gradient = output.gradient();
            for (int i = 0; i < cotangent.length; i++) {
                gradient[i] += cotangent[i];
            }
        }
        for (int i = steps.size() - 1; i >= 0; i--) {
            Step step = steps.get(i);
            double[] gradient = step.result.takeGradient();
            if (gradient != null) {
                step.pullBack.pull(gradient);
            }
        }
        steps.clear();
    }
}
