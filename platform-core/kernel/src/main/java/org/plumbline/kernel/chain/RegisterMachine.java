package org.plumbline.kernel.chain;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;

/** One call of a sampler program forwards. A register that is null holds zero. */
final class RegisterMachine {
    private RegisterMachine() {}

    /** u = c (w . Y); the state itself, not a copy, where that is the same. */
    static Tensor input(TensorArena arena, @Nullable Tensor[] registers, SamplerCall call) {
        Sum sum = new Sum();
        for (int j = 0; j < registers.length; j++) {
            sum.add(call.inputScale() * call.inputWeights()[j], registers[j]);
        }
        Tensor state = registers[0];
        if (state != null && sum.isJust(state)) {
            return state;
        }
        Tensor input = sum.evaluate(arena);
        if (input == null) {
            throw new IllegalArgumentException(
                    "the network input of a call at t=" + call.at().label() + " is zero");
        }
        return input;
    }

    /** Y' = A Y + b m + r h + s z. */
    static @Nullable Tensor[] advance(
            TensorArena arena, @Nullable Tensor[] registers, SamplerCall call, Tensor m, Tensor h, @Nullable Tensor z) {
        @Nullable Tensor[] next = new @Nullable Tensor[registers.length];
        for (int i = 0; i < registers.length; i++) {
            Sum sum = new Sum();
            for (int j = 0; j < registers.length; j++) {
                sum.add(call.transition()[i][j], registers[j]);
            }
            if (m == h) {
                sum.add(call.ofOutput()[i] + call.ofRaw()[i], m);
            } else {
                sum.add(call.ofOutput()[i], m);
                sum.add(call.ofRaw()[i], h);
            }
            if (i == 0) {
                sum.add(call.noise(), z);
            }
            next[i] = sum.evaluate(arena);
        }
        return next;
    }

    /** T(h); h itself for the identity. */
    static Tensor transformed(TensorArena arena, OutputTransform transform, Tensor h) {
        return transform.identity() ? h : arena.tensor(transform.apply(h.toDoubles(), h.rows()), h.shape());
    }

    /** A linear combination that skips what is zero. */
    static final class Sum {
        private final List<Double> coefficients = new ArrayList<>();
        private final List<Tensor> tensors = new ArrayList<>();

        void add(double coefficient, @Nullable Tensor tensor) {
            if (coefficient != 0 && tensor != null) {
                coefficients.add(coefficient);
                tensors.add(tensor);
            }
        }

        boolean isJust(Tensor tensor) {
            return tensors.size() == 1 && tensors.get(0) == tensor && coefficients.get(0) == 1;
        }

        @Nullable
        Tensor evaluate(TensorArena arena) {
            if (tensors.isEmpty()) {
                return null;
            }
            double[] factors =
                    coefficients.stream().mapToDouble(Double::doubleValue).toArray();
            return arena.combine(factors, tensors);
        }
    }
}
