package org.plumbline.kernel.chain;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * The samples on which one or several updates learn: a batch, a program and the parameters that sample it. Sampled when
 * it is first asked for; the same key and parameters sample the same again. The caller closes it after the last update.
 */
public final class Rollout implements AutoCloseable {
    private final SamplerProgram program;
    private final Batch batch;
    private final double[] parameters;
    private final TensorArena arena;
    private final Parametrisation parametrisation;
    private @Nullable Recording recording;

    Rollout(
            SamplerProgram program,
            Batch batch,
            double[] parameters,
            TensorArena arena,
            Parametrisation parametrisation) {
        this.program = program;
        this.batch = batch;
        this.parameters = parameters.clone();
        this.arena = arena;
        this.parametrisation = parametrisation;
    }

    SamplerProgram program() {
        return program;
    }

    Batch batch() {
        return batch;
    }

    double[] parameters() {
        return parameters;
    }

    TensorArena arena() {
        return arena;
    }

    Parametrisation parametrisation() {
        return parametrisation;
    }

    @Nullable
    Recording recording() {
        return recording;
    }

    void recording(Recording sampled) {
        recording = sampled;
    }

    @Override
    public void close() {
        arena.close();
    }
}
