package org.plumbline.it.benchmark;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.launcher.Host;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.noise.NoiseStream;

/**
 * What is updated: adapters of rank 4 on the attention layers of the digits model, by the log-probability of the prompted
 * digit, 16 images of 20 DDIM steps with eta 1 and guidance 2, on one thread. Confined to one thread.
 */
final class Experiment implements AutoCloseable {
    static final int ROWS = 16;
    static final int STEPS = 20;
    static final double GUIDANCE = 2;
    static final int RANK = 4;

    private static final long SEED = 1;
    private static final List<String> DIGITS =
            List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");

    private final Path home;
    private final Host host;
    private final Deque<Runnable> closing = new ArrayDeque<>();
    private final Lease<ComputeBackend> backend;
    private final Lease<Sampler> sampler;
    private final ChainParts parts;

    /** Starts the assembled application on the CPU. */
    Experiment(Path home, Path scratch) {
        this(home, scratch, "cpu");
    }

    /**
     * Starts the assembled application.
     *
     * @param home its folder
     * @param scratch a folder for what the framework unpacks
     * @param device of the backend: cpu, cuda or cuda:N
     */
    Experiment(Path home, Path scratch, String device) {
        this.home = home;
        this.host = Host.start(new Host.Settings(
                home, List.of(home.resolve("plugins")), scratch, Duration.ofMinutes(1), Duration.ofSeconds(10)));
        closing.push(host::close);
        backend = lease(ComputeBackend.class, "djl-pytorch", Map.of("threads", 1, "device", device));
        sampler = lease(Sampler.class, "ddim", Map.of("eta", 1));
        Lease<RewardModel> reward = lease(RewardModel.class, "digit-classifier", Map.of());
        Lease<ModelLoader> loader = lease(ModelLoader.class, "diffusers", Map.of());
        DiffusionModel model = loader.get().load(home.resolve("models/digits"));
        closing.push(model::close);
        parts = new ChainParts(
                model,
                target(),
                GUIDANCE,
                reward.get(),
                DIGITS.stream().map(digit -> "a handwritten " + digit).toList(),
                ROWS);
    }

    private <T> Lease<T> lease(Class<T> role, String id, Map<String, Object> settings) {
        Lease<T> lease = host.catalog().lease(role, id, settings, home);
        closing.push(lease::close);
        return lease;
    }

    ComputeBackend backend() {
        return backend.get();
    }

    /** The backend with other settings. */
    ComputeBackend backend(Map<String, Object> settings) {
        return lease(ComputeBackend.class, "djl-pytorch", settings).get();
    }

    /** What is trained. */
    TrainableTarget.Lora target() {
        return new TrainableTarget.Lora(RANK, RANK, List.of("to_q", "to_k", "to_v", "to_out.0"));
    }

    ChainParts parts() {
        return parts;
    }

    SamplerProgram program(int steps) {
        DiffusionModel model = parts.model();
        return sampler.get()
                .program(new Sampler.Request(model.schedule(), model.prediction(), steps, model.samplerSettings()));
    }

    /** The estimator of a method that has one. */
    GradientEstimator estimator(Method method) {
        String id = method.estimator();
        if (id == null) {
            throw new IllegalArgumentException(method + " is no plugin");
        }
        return lease(GradientEstimator.class, id, method.settings()).get();
    }

    /**
     * Adapters that are no longer zero, so that every gradient is different from zero.
     *
     * @param initial theta as the model starts with it
     */
    static double[] moved(double[] initial) {
        double[] theta = initial.clone();
        double[] noise = NoiseStream.of(SEED, "benchmark.theta", 0).gaussians(theta.length);
        for (int i = 0; i < theta.length; i++) {
            theta[i] += 0.02 * noise[i];
        }
        return theta;
    }

    /** The prompts in turn, and noise that depends on the number of the update. */
    Batch batch(int rows, long update) {
        List<String> prompts = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            prompts.add(parts.prompts().get(row % parts.prompts().size()));
        }
        return new Batch(prompts, NoiseSource.keyed(SEED, "benchmark", update));
    }

    @Override
    public void close() {
        while (!closing.isEmpty()) {
            closing.pop().run();
        }
    }
}
