package org.plumbline.kernel.chain;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.sampler.SamplerProgram;

/** A recording that keeps the registers at every ceil(sqrt(K))-th call, and makes one segment at a time again. */
final class SegmentRecording extends Recording {
    private final Replay replay;
    private final SamplerProgram program;
    private final NoiseSource noise;
    private final int length;
    private final List<@Nullable Tensor[]> starts = new ArrayList<>();
    private @Nullable KeptRecording segment;

    SegmentRecording(
            TensorArena arena, NoiseSource noise, SamplerProgram program, @Nullable Tensor[] start, Replay replay) {
        super(arena, noise, Objects.requireNonNull(start[0]).shape());
        this.replay = replay;
        this.program = program;
        this.noise = noise;
        this.length = (int) Math.ceil(Math.sqrt(program.size()));
        starts.add(start);
    }

    /** Samples the chain and returns the registers after its last call. */
    @Nullable
    Tensor[] sample() {
        for (int k = 0; ; k += length) {
            int end = Math.min(k + length, program.size());
            @Nullable Tensor[] next = replay.run(arena(), starts.get(starts.size() - 1), k, end, null);
            if (end == program.size()) {
                return next;
            }
            starts.add(next);
        }
    }

    private KeptRecording segment(int k) {
        KeptRecording present = segment;
        int begin = k / length * length;
        if (present == null || present.first() != begin) {
            if (present != null) {
                present.arena().close();
            }
            TensorArena own = arena().nested();
            present = new KeptRecording(own, noise, program, begin, starts.get(begin / length), true);
            replay.run(own, starts.get(begin / length), begin, Math.min(begin + length, program.size()), present);
            segment = present;
        }
        return present;
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
    Tensor input(TensorArena into, int k) {
        return segment(k).input(into, k);
    }

    @Override
    Tensor prediction(TensorArena into, int k) {
        return segment(k).prediction(into, k);
    }

    @Override
    @Nullable
    Tensor[] registers(TensorArena into, int k) {
        return k % length == 0 ? starts.get(k / length) : segment(k).registers(into, k);
    }

    /** A copy, which lives as long as the trajectory. */
    @Override
    public Tensor state(int k) {
        Tensor state = k == program.size() ? segment(k - 1).state(k) : Objects.requireNonNull(registers(arena(), k)[0]);
        return arena().combine(new double[] {1}, List.of(state));
    }
}
