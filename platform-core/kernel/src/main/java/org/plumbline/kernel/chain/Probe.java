package org.plumbline.kernel.chain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.record.Agreement;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.noise.NoiseStream;

/**
 * What a chain computes at fixed inputs: one prediction of its denoiser and, where the backend can, one vector-Jacobian
 * product. Two workbenches of the same parts on different backends are held against each other by their probes. The
 * trained vector is moved off its start, where half of LoRA's gradient is zero.
 *
 * @param prediction epsilon at noise-like latents, in the middle of the chain
 * @param gradient of its product with a fixed cotangent with respect to the latents and then theta, or null
 * @param seconds that it took, the second time, when everything is compiled
 */
public record Probe(double[] prediction, double @Nullable [] gradient, double seconds) {
    private static final long SEED = 0x706c756d62L;
    private static final int ROWS = 2;
    private static final double DISPLACEMENT = 0.02;

    /** Measures. Its calls are counted in the workbench's ledger. */
    public static Probe of(Workbench bench, SamplerProgram program) {
        once(bench, program);
        long start = System.nanoTime();
        Probe probe = once(bench, program);
        return new Probe(probe.prediction, probe.gradient, (System.nanoTime() - start) / 1e9);
    }

    private static Probe once(Workbench bench, SamplerProgram program) {
        double[] theta = bench.initialParameters(0);
        double[] direction = new double[theta.length];
        NoiseStream.of(SEED, "probe.parameters", 0).gaussians(direction, 0, direction.length);
        for (int i = 0; i < theta.length; i++) {
            theta[i] += DISPLACEMENT * direction[i];
        }
        ChainParts parts = bench.parts();
        int rows = parts.target() instanceof TrainableTarget.InitialNoise ? parts.rows() : ROWS;
        List<String> prompts = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            prompts.add(parts.prompts().get(row % parts.prompts().size()));
        }
        Batch batch = new Batch(prompts, NoiseSource.keyed(SEED, "probe", 0));
        TimePoint middle = program.calls().get(program.size() / 2).at();
        try (Rollout rollout = bench.rollout(program, batch, theta)) {
            TensorArena arena = rollout.arena();
            Denoiser denoiser = bench.denoiser(rollout, theta, arena);
            Tensor latents = latents(arena, parts, rows, "probe.latents");
            if (!bench.capabilities().contains(Capability.VJP)) {
                Tensor output = denoiser.predict(arena, latents, middle, PredictionType.EPSILON);
                return new Probe(output.toDoubles(), null, 0);
            }
            Denoiser.GradientSink sink = denoiser.sink();
            Denoiser.Pulled pulled = denoiser.pullBack(
                    arena,
                    latents,
                    middle,
                    PredictionType.EPSILON,
                    latents(arena, parts, rows, "probe.cotangent"),
                    sink,
                    1);
            // The forward pass of its own: a backend may run it elsewhere than the one inside a vector-Jacobian
            // product.
            Tensor output = denoiser.predict(arena, latents, middle, PredictionType.EPSILON);
            return new Probe(output.toDoubles(), joined(pulled.input().toDoubles(), sink.gradient()), 0);
        }
    }

    private static Tensor latents(TensorArena arena, ChainParts parts, int rows, String purpose) {
        long[] latent = parts.model().latentShape();
        long[] shape = new long[latent.length + 1];
        shape[0] = rows;
        System.arraycopy(latent, 0, shape, 1, latent.length);
        double[] values = new double[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
        NoiseStream.of(SEED, purpose, 0).gaussians(values, 0, values.length);
        return arena.tensor(values, shape);
    }

    private static double[] joined(double[] first, double[] second) {
        double[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** How another prediction agrees with this one. */
    public Agreement prediction(Probe other) {
        return Agreement.of(prediction, other.prediction);
    }

    /** How another gradient agrees with this one; null if one of the two backends only runs forward. */
    public @Nullable Agreement gradient(Probe other) {
        return gradient == null || other.gradient == null
                ? null
                : Agreement.of(gradient, Objects.requireNonNull(other.gradient));
    }
}
