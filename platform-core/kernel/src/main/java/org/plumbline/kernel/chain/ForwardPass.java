package org.plumbline.kernel.chain;

import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;

/** Calls of a sampler program in order of execution. */
final class ForwardPass {
    /** Where the noise of a call comes from. */
    interface StepNoise {
        /** z_k in an arena. */
        Tensor of(TensorArena into, int k);
    }

    /** Takes what a call saw and gave; the tensors live in the arena of the pass and are the keeper's from then on. */
    interface Keeper {
        /** Input u_k, which may be the state itself, and converted prediction h_k. */
        void call(int k, Tensor u, Tensor h);

        /** The state register before call k. */
        void state(int k, Tensor state);
    }

    private final SamplerProgram program;
    private final StepNoise noise;

    ForwardPass(SamplerProgram program, StepNoise noise) {
        this.program = program;
        this.noise = noise;
    }

    /**
     * Makes the calls {@code from} to {@code to - 1}.
     *
     * @param owner owns the results
     * @param start the registers before call {@code from}; they stay the caller's
     * @param denoiserOf the denoiser of every call
     * @param keeper takes what each call saw, or null
     * @return the registers before call {@code to}
     */
    @Nullable
    Tensor[] run(
            TensorArena owner,
            @Nullable Tensor[] start,
            int from,
            int to,
            IntFunction<? extends Denoiser> denoiserOf,
            @Nullable Keeper keeper) {
        @Nullable Tensor[] registers = start.clone();
        for (int k = from; k < to; k++) {
            SamplerCall call = program.calls().get(k);
            try (TensorArena step = owner.nested()) {
                Tensor u = RegisterMachine.input(step, registers, call);
                Tensor h = denoiserOf.apply(k).predict(step, u, call.at(), program.wanted());
                Tensor m = RegisterMachine.transformed(step, program.transform(), h);
                Tensor z = call.stochastic() ? noise.of(step, k) : null;
                @Nullable Tensor[] next = RegisterMachine.advance(step, registers, call, m, h, z);
                if (keeper != null) {
                    keeper.call(k, u == registers[0] ? u : owner.adopt(u), owner.adopt(h));
                }
                for (int i = 0; i < registers.length; i++) {
                    Tensor old = registers[i];
                    boolean kept = i == 0 && keeper != null;
                    if (old != null && k > from && !kept) {
                        old.close();
                    }
                    Tensor value = next[i];
                    registers[i] = value == null ? null : owner.adopt(value);
                }
            }
            Tensor state = registers[0];
            if (keeper != null && state != null) {
                keeper.state(k + 1, state);
            }
        }
        return registers;
    }

    /** x_0 = e . Y_K. */
    Tensor output(TensorArena owner, @Nullable Tensor[] registers) {
        RegisterMachine.Sum sum = new RegisterMachine.Sum();
        for (int i = 0; i < registers.length; i++) {
            sum.add(program.output()[i], registers[i]);
        }
        Tensor output = sum.evaluate(owner);
        if (output == null) {
            throw new IllegalArgumentException("the output of " + program.name() + " is zero");
        }
        return output;
    }

    /** Frees registers, the state register excepted if it was kept. */
    static void free(@Nullable Tensor[] registers, boolean stateKept) {
        for (int i = stateKept ? 1 : 0; i < registers.length; i++) {
            Tensor last = registers[i];
            if (last != null) {
                last.close();
            }
        }
    }
}
