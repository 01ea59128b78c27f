package org.plumbline.kernel.chain;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;

/** A recording that keeps everything, or, if it cannot be swept, the ends only. */
final class KeptRecording extends Recording implements ForwardPass.Keeper {
    private final SamplerProgram program;
    private final @Nullable Tensor[] states;
    private final @Nullable Tensor[] inputs;
    private final @Nullable Tensor[] predictions;
    private final boolean whole;
    private final int first;
    private final @Nullable Tensor[] start;

    /**
     * @param arena owns all tensors of the trajectory
     * @param first the first call that is part of it
     * @param start the registers before that call
     * @param whole if false only the ends are kept
     */
    KeptRecording(
            TensorArena arena,
            NoiseSource noise,
            SamplerProgram program,
            int first,
            @Nullable Tensor[] start,
            boolean whole) {
        super(arena, noise, Objects.requireNonNull(start[0]).shape());
        this.program = program;
        this.states = new @Nullable Tensor[program.size() + 1];
        this.inputs = new @Nullable Tensor[program.size()];
        this.predictions = new @Nullable Tensor[program.size()];
        this.whole = whole;
        this.first = first;
        this.start = start.clone();
        states[first] = start[0];
    }

    @Override
    public void state(int k, Tensor state) {
        states[k] = state;
    }

    @Override
    public void call(int k, Tensor u, Tensor h) {
        inputs[k] = u;
        predictions[k] = h;
    }

    @Override
    int first() {
        return first;
    }

    @Override
    boolean whole() {
        return whole;
    }

    @Override
    Tensor input(TensorArena into, int k) {
        return Objects.requireNonNull(inputs[k], "the trajectory was not kept");
    }

    @Override
    Tensor prediction(TensorArena into, int k) {
        return Objects.requireNonNull(predictions[k], "the trajectory was not kept");
    }

    /** From the kept predictions: the linear part of the calls before k, without the network. */
    @Override
    @Nullable
    Tensor[] registers(TensorArena into, int k) {
        if (program.markov()) {
            return new @Nullable Tensor[] {state(k)};
        }
        @Nullable Tensor[] registers = start.clone();
        for (int i = first; i < k; i++) {
            SamplerCall call = program.calls().get(i);
            try (TensorArena scratch = into.nested()) {
                Tensor h = prediction(scratch, i);
                Tensor m = RegisterMachine.transformed(scratch, program.transform(), h);
                Tensor z = call.stochastic() ? noise(scratch, i) : null;
                @Nullable Tensor[] next = RegisterMachine.advance(scratch, registers, call, m, h, z);
                for (int j = 0; j < registers.length; j++) {
                    Tensor old = registers[j];
                    if (old != null && i > first) {
                        old.close();
                    }
                    Tensor value = next[j];
                    registers[j] = value == null ? null : into.adopt(value);
                }
            }
        }
        return registers;
    }

    @Override
    public Tensor state(int k) {
        Tensor state = states[k];
        if (state == null) {
            throw new IllegalStateException("the state before call " + k + " of this trajectory was not kept");
        }
        return state;
    }
}
