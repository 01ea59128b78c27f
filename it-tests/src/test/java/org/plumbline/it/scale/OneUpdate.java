package org.plumbline.it.scale;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.optimise.AdamW;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.launcher.Host;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.meter.ResidentMemory;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * A process of its own that loads a model, samples one image in two steps with guidance, estimates a gradient for adapters
 * and moves them, and writes down what that took.
 */
final class OneUpdate {
    private static final int STEPS = 2;
    private static final double GUIDANCE = 7.5;
    private static final int RANK = 4;
    private static final String PROMPT = "a handwritten three";

    private OneUpdate() {}

    /**
     * Runs.
     *
     * @param arguments home of the application, a folder for scratch, the model's folder, the estimator's id and its
     *     settings as JSON, the file for the result
     */
    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]);
        Map<String, Object> settings = new LinkedHashMap<>();
        new ObjectMapper()
                .readTree(arguments[4])
                .properties()
                .forEach(entry ->
                        settings.put(entry.getKey(), new ObjectMapper().convertValue(entry.getValue(), Object.class)));
        try (Host host = Host.start(new Host.Settings(
                        home,
                        List.of(home.resolve("plugins")),
                        Path.of(arguments[1]),
                        Duration.ofMinutes(1),
                        Duration.ofSeconds(10)));
                Lease<ComputeBackend> backend =
                        host.catalog().lease(ComputeBackend.class, "djl-pytorch", Map.of("threads", 1), home);
                Lease<Sampler> sampler = host.catalog().lease(Sampler.class, "ddim", Map.of("eta", 1), home);
                Lease<ModelLoader> loader = host.catalog().lease(ModelLoader.class, "diffusers", Map.of(), home);
                Lease<GradientEstimator> estimator =
                        host.catalog().lease(GradientEstimator.class, arguments[3], settings, home);
                DiffusionModel model = loader.get().load(Path.of(arguments[2]))) {
            Map<String, Object> result = run(backend.get(), sampler.get(), estimator.get(), model);
            Files.writeString(
                    Path.of(arguments[5]),
                    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(result));
        }
    }

    private static Map<String, Object> run(
            ComputeBackend backend, Sampler sampler, GradientEstimator estimator, DiffusionModel model) {
        Map<String, Object> result = new LinkedHashMap<>();
        long start = System.nanoTime();
        ChainParts parts = new ChainParts(
                model,
                new TrainableTarget.Lora(RANK, RANK, List.of("to_q", "to_k", "to_v", "to_out.0")),
                GUIDANCE,
                new Redness(),
                List.of(PROMPT),
                1);
        SamplerProgram ofStudy = sampler.program(
                new Sampler.Request(model.schedule(), model.prediction(), STEPS, model.samplerSettings()));
        try (Workbench workbench = Workbench.open(backend, parts)) {
            result.put("seconds to load", seconds(start));
            result.put("resident after loading", ResidentMemory.now().orElse(0));
            double[] theta = workbench.initialParameters(1);
            result.put("parameters", theta.length);
            estimator.check(workbench.profile(ofStudy));
            SamplerProgram program = estimator.program(workbench.profile(ofStudy), 0);
            start = System.nanoTime();
            try (Rollout rollout =
                    workbench.rollout(program, new Batch(List.of(PROMPT), NoiseSource.keyed(1, "scale", 0)), theta)) {
                try (SamplingChain chain = workbench.chain(rollout, theta, 1, 0)) {
                    double[] gradient = estimator.estimate(chain).gradient().clone();
                    result.put("seconds to sample and to estimate", seconds(start));
                    result.put("length of the gradient", Vectors.norm(gradient));
                    double[] before = theta.clone();
                    new AdamW(AdamW.Settings.usual(), theta.length).ascend(theta, gradient, 1e-3);
                    result.put("length of the update", Vectors.norm(Vectors.difference(theta, before)));
                }
            }
            result.put("calls forward", workbench.ledger().reading().nfeForward());
            result.put("calls backward", workbench.ledger().reading().nfeBackward());
        }
        result.put("peak resident", ResidentMemory.peak().orElse(0));
        return result;
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }
}
