package org.plumbline.kernel.chain;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * A recording that keeps the registers before at most c calls. What lies behind the last of them is made again, and on
 * the way snapshots that became free are placed where a {@link BinomialSchedule} wants them.
 */
final class BinomialRecording extends Recording {
    private final Replay replay;
    private final SamplerProgram program;
    private final int slots;
    private final BinomialSchedule schedule;
    private final Deque<Snapshot> kept = new ArrayDeque<>();

    /**
     * Registers before a call, in an arena of their own; the initial ones are the trajectory's.
     *
     * @param kept false if no slot was free, so that whoever asked for it frees it
     */
    private record Snapshot(
            int call,
            @Nullable Tensor[] registers,
            @Nullable TensorArena arena,
            boolean kept) {
        void free() {
            if (arena != null) {
                arena.close();
            }
        }
    }

    /**
     * @param slots c, the initial state included
     */
    BinomialRecording(
            TensorArena arena,
            NoiseSource noise,
            SamplerProgram program,
            @Nullable Tensor[] start,
            Replay replay,
            int slots) {
        super(arena, noise, Objects.requireNonNull(start[0]).shape());
        this.replay = replay;
        this.program = program;
        this.slots = slots;
        this.schedule = new BinomialSchedule(program.size(), slots);
        kept.push(new Snapshot(0, start, null, true));
    }

    /** Samples the chain and returns the registers after its last call. */
    @Nullable
    Tensor[] sample() {
        Snapshot last = advanceTo(program.size() - 1);
        @Nullable Tensor[] end = replay.run(arena(), last.registers, last.call, program.size(), null);
        if (!last.kept) {
            last.free();
        }
        return end;
    }

    /** The registers before call k; kept if a slot was free, else the caller's to free. */
    private Snapshot advanceTo(int k) {
        while (kept.element().call > k) {
            kept.pop().free();
        }
        Snapshot at = kept.element();
        while (at.call < k) {
            int free = slots - kept.size();
            int next = free == 0 ? k : at.call + schedule.split(k + 1 - at.call, free);
            TensorArena own = arena().nested();
            Snapshot reached = new Snapshot(next, replay.run(own, at.registers, at.call, next, null), own, free > 0);
            if (free == 0) {
                return reached;
            }
            kept.push(reached);
            at = reached;
        }
        return at;
    }

    @Override
    int first() {
        return 0;
    }

    @Override
    boolean whole() {
        return true;
    }

    @Override
    @Nullable
    Tensor[] registers(TensorArena into, int k) {
        Snapshot at = advanceTo(k);
        @Nullable Tensor[] copies = new @Nullable Tensor[at.registers.length];
        for (int i = 0; i < copies.length; i++) {
            Tensor register = at.registers[i];
            copies[i] = register == null ? null : into.combine(new double[] {1}, List.of(register));
        }
        if (!at.kept) {
            at.free();
        }
        return copies;
    }

    @Override
    Tensor input(TensorArena into, int k) {
        return RegisterMachine.input(into, registers(into, k), program.calls().get(k));
    }

    @Override
    Tensor prediction(TensorArena into, int k) {
        LastCall last = new LastCall();
        try (TensorArena own = into.nested()) {
            replay.run(own, registers(own, k), k, k + 1, last);
            return into.adopt(Objects.requireNonNull(last.prediction));
        }
    }

    /** A copy, which lives as long as the trajectory. */
    @Override
    public Tensor state(int k) {
        try (TensorArena own = arena().nested()) {
            if (k < program.size()) {
                return arena().adopt(Objects.requireNonNull(registers(own, k)[0]));
            }
            @Nullable Tensor[] end = replay.run(own, registers(own, k - 1), k - 1, k, null);
            return arena().adopt(Objects.requireNonNull(end[0]));
        }
    }

    /** Takes the prediction of one call. */
    private static final class LastCall implements ForwardPass.Keeper {
        private @Nullable Tensor prediction;

        @Override
        public void call(int k, Tensor u, Tensor h) {
            prediction = h;
        }

        @Override
        public void state(int k, Tensor state) {}
    }
}
