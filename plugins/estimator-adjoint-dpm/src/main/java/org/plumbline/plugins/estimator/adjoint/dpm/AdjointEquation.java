package org.plumbline.plugins.estimator.adjoint.dpm;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.sampler.FlowTable;
import org.plumbline.toolkit.sampler.LinearCombination;

/**
 * The state y and its adjoint a, integrated together from the output to the noise by one solver:
 *
 * <pre>
 *   dy/ds = m(c y)        da/ds = - c J_x^T a        db/ds = - J_theta^T a
 * </pre>
 *
 * <p>with m the network's prediction at x = c y. Both run through the same table, each in registers of its own. b enters no
 * slope, so it is a quadrature: what a call contributes is known from the table alone, and no array of theta's length is
 * made for a stage.
 */
final class AdjointEquation {
    private final FlowTable back;
    private final Denoiser denoiser;
    private final Denoiser.GradientSink sink;

    /**
     * @param back the solver on the way back
     * @param sink takes b
     */
    AdjointEquation(FlowTable back, Denoiser denoiser, Denoiser.GradientSink sink) {
        this.back = back;
        this.denoiser = denoiser;
        this.sink = sink;
    }

    /** What is known of the forward trajectory. */
    @FunctionalInterface
    interface States {
        /** y at a node of the way back, or null if it is to be integrated; the trajectory's or in the arena. */
        @Nullable
        Tensor at(TensorArena arena, int node);
    }

    /**
     * Integrates.
     *
     * @param arena owns the result
     * @param end y at the output
     * @param cotangent a at the output
     * @param states resets y at the nodes
     * @return a at the noise
     */
    @Nullable
    Tensor integrate(TensorArena arena, Tensor end, Tensor cotangent, States states) {
        SamplerProgram program = back.program();
        double[] weights = back.quadrature();
        @Nullable Tensor[] y = new @Nullable Tensor[program.registers()];
        @Nullable Tensor[] a = new @Nullable Tensor[program.registers()];
        y[0] = arena.combine(new double[] {1}, List.of(end));
        a[0] = arena.combine(new double[] {1}, List.of(cotangent));
        int node = 0;
        for (int k = 0; k < program.size(); k++) {
            SamplerCall call = program.calls().get(k);
            try (TensorArena scratch = arena.nested()) {
                if (k == back.starts()[node]) {
                    Tensor known = states.at(scratch, node);
                    if (known != null) {
                        replace(y, 0, arena.combine(new double[] {1}, List.of(known)));
                    }
                    node++;
                }
                Tensor at = input(scratch, call, y);
                Tensor of = input(scratch, call, a);
                Tensor x = scratch.combine(new double[] {call.inputScale()}, List.of(at));
                Denoiser.Pulled pulled =
                        denoiser.pullBack(scratch, x, call.at(), program.wanted(), of, sink, -weights[k]);
                advance(arena, scratch, call, y, 1, pulled.output());
                advance(arena, scratch, call, a, -call.inputScale(), pulled.input());
            }
        }
        return a[0];
    }

    private static Tensor input(TensorArena scratch, SamplerCall call, @Nullable Tensor[] registers) {
        Tensor sum = new LinearCombination().add(call.inputWeights(), registers).in(scratch);
        return Objects.requireNonNull(sum);
    }

    /** Y = A Y + b (factor slope). */
    private static void advance(
            TensorArena arena,
            TensorArena scratch,
            SamplerCall call,
            @Nullable Tensor[] registers,
            double factor,
            Tensor slope) {
        @Nullable Tensor[] next = new @Nullable Tensor[registers.length];
        for (int i = 0; i < registers.length; i++) {
            next[i] = new LinearCombination()
                    .add(call.transition()[i], registers)
                    .add(factor * call.ofOutput()[i], slope)
                    .in(scratch);
        }
        for (int i = 0; i < registers.length; i++) {
            Tensor value = next[i];
            replace(registers, i, value == null ? null : arena.adopt(value));
        }
    }

    private static void replace(@Nullable Tensor[] registers, int i, @Nullable Tensor next) {
        Tensor old = registers[i];
        if (old != null) {
            old.close();
        }
        registers[i] = next;
    }
}
