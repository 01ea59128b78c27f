package org.plumbline.it.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.it.App;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.kernel.study.Compatibility;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Videos go where images go: every estimator of the distribution trains a small video network with random weights, and what
 * libtorch finds in float32 is what the reference backend finds in float64.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VideoTest {
    /** In the configuration of the shipped model, with its text network and tokenizer. */
    private static final String NETWORK = """
            {"_class_name": "UNet3DConditionModel", "sample_size": 4, "sample_frames": 3, "in_channels": 1,
             "out_channels": 1, "block_out_channels": [4, 8],
             "down_block_types": ["DownBlock3D", "CrossAttnDownBlock3D"],
             "up_block_types": ["CrossAttnUpBlock3D", "UpBlock3D"], "layers_per_block": 1,
             "cross_attention_dim": 32, "norm_num_groups": 4, "attention_head_dim": 2}
            """;

    private static final List<String> PROMPTS = List.of("a three moving left", "a one standing still");
    private static final int STEPS = 4;
    private static final long SEED = 3;

    /** Of the length of the gradient: float32 has 6e-8, and a chain of four networks there and back loses a few digits. */
    private static final double ROUNDING = 1e-3;

    /** A difference of two rewards is divided by the distance of their parameters, and its rounding with it. */
    private static final Map<String, Map<String, Object>> SETTINGS = Map.of("spsa", Map.of("scale", 0.02));

    @TempDir
    static Path scratch;

    private final Map<String, Workbench> benches = new HashMap<>();
    private Leases leases;
    private DiffusionModel model;

    @BeforeAll
    void start() throws IOException {
        leases = new Leases(scratch);
        Path folder = scratch.resolve("tiny");
        for (String file : List.of(
                "model_index.json",
                "scheduler/scheduler_config.json",
                "text_encoder/config.json",
                "tokenizer/vocab.json",
                "tokenizer/merges.txt",
                "tokenizer/tokenizer_config.json")) {
            Path target = folder.resolve(file);
            Files.createDirectories(target.getParent());
            Files.copy(App.HOME.resolve("models/digits-motion").resolve(file), target);
        }
        Files.createDirectories(folder.resolve("unet"));
        Files.writeString(folder.resolve("unet/config.json"), NETWORK);
        UntrainedModel untrained = leases.keep(
                leases.lease(ModelLoader.class, "diffusers", Map.of()).untrained(folder));
        model = leases.keep(untrained.trained(untrained.initial(1)));
    }

    @AfterAll
    void stop() {
        leases.close();
    }

    private Workbench bench(String backend) {
        return benches.computeIfAbsent(backend, key -> {
            RewardModel reward = leases.lease(RewardModel.class, "motion-amount", Map.of());
            TrainableTarget target =
                    new TrainableTarget.Full(List.of("mid_block.temp_convs", "up_blocks.0.temp_attentions"));
            Workbench bench = Workbench.open(
                    leases.lease(ComputeBackend.class, key, Map.of()),
                    new ChainParts(model, target, 1.5, reward, PROMPTS, PROMPTS.size()));
            return leases.keep(bench);
        });
    }

    private SamplerProgram program(double eta) {
        return leases.lease(Sampler.class, "ddim", Map.of("eta", eta))
                .program(new Sampler.Request(model.schedule(), model.prediction(), STEPS, model.samplerSettings()));
    }

    @Test
    void samples_are_videos() {
        Workbench bench = bench("djl-pytorch");
        Batch batch = new Batch(PROMPTS, NoiseSource.keyed(SEED, "video", 0));
        ImageBatch videos = bench.images(program(1), batch, bench.initialParameters(SEED));
        assertEquals(3, videos.frames());
        assertEquals(2 * 3 * 16, videos.pixels().length);
        double[] apart = new double[2];
        for (int row = 0; row < 2; row++) {
            for (int i = 0; i < 32; i++) {
                apart[row] += Math.pow(videos.pixels()[row * 48 + i + 16] - videos.pixels()[row * 48 + i], 2) / 32;
            }
        }
        RewardModel motion = leases.lease(RewardModel.class, "motion-amount", Map.of());
        assertArrayEquals(apart, bench.score(motion, videos, PROMPTS), 1e-5 * apart[0]);
    }

    @Test
    void the_shipped_model_loads_and_samples() {
        try (DiffusionModel shipped = leases.lease(ModelLoader.class, "diffusers", Map.of())
                        .load(App.HOME.resolve("models/digits-motion"));
                Workbench bench = Workbench.open(
                        leases.lease(ComputeBackend.class, "djl-pytorch", Map.of()),
                        new ChainParts(
                                shipped,
                                new TrainableTarget.Lora(1, 1, List.of("to_q")),
                                2,
                                leases.lease(RewardModel.class, "motion-amount", Map.of()),
                                PROMPTS,
                                PROMPTS.size()))) {
            SamplerProgram two = leases.lease(Sampler.class, "ddim", Map.of("eta", 0))
                    .program(new Sampler.Request(
                            shipped.schedule(), shipped.prediction(), 2, shipped.samplerSettings()));
            Batch batch = new Batch(PROMPTS, NoiseSource.keyed(SEED, "video", 0));
            double[] pixels =
                    bench.images(two, batch, bench.initialParameters(SEED)).pixels();
            assertEquals(2 * 8 * 256, pixels.length);
            // Two steps are few, but mostly black with some ink it is already: noise would be grey, 0.5 on average.
            double mean = Arrays.stream(pixels).average().orElseThrow();
            assertTrue(mean > 0.01 && mean < 0.25, "mean of the pixels " + mean);
        }
    }

    @TestFactory
    Collection<DynamicTest> every_estimator_that_trains_image_networks_trains_a_video_network() {
        List<DynamicTest> tests = new ArrayList<>();
        for (PluginDescription plugin : leases.catalog().list()) {
            if (plugin.role() == PluginRole.ESTIMATOR) {
                GradientEstimator estimator = leases.lease(
                        GradientEstimator.class, plugin.id(), SETTINGS.getOrDefault(plugin.id(), Map.of()));
                // Those that want a flow have nothing to do here.
                Stream.of(1.0, 0.0)
                        .map(this::program)
                        .filter(program ->
                                accepts(estimator, bench("djl-pytorch").profile(program)))
                        .findFirst()
                        .ifPresent(program ->
                                tests.add(dynamicTest(plugin.id(), () -> check(plugin.id(), estimator, program))));
            }
        }
        assertTrue(tests.size() >= 12, "only " + tests);
        return tests;
    }

    private void check(String id, GradientEstimator estimator, SamplerProgram program) {
        double[] float32 = gradient(estimator, bench("djl-pytorch"), program);
        double[] float64 = gradient(estimator, bench("reference"), program);
        double length = Vectors.norm(float64);
        assertTrue(length > 0 && Double.isFinite(length), id + " finds a gradient of length " + length);
        double relative = Vectors.norm(Vectors.difference(float32, float64)) / length;
        assertTrue(relative < ROUNDING, id + " differs by " + relative + " of its length");
    }

    private static boolean accepts(GradientEstimator estimator, ChainProfile profile) {
        try {
            Compatibility.check("the estimator", estimator, profile);
            return true;
        } catch (PlumblineException refusal) {
            return false;
        }
    }

    private static double[] gradient(GradientEstimator estimator, Workbench bench, SamplerProgram program) {
        double[] theta = bench.initialParameters(SEED);
        // The last layer of a convolution over time starts at zero, where half of the gradients are.
        Arrays.setAll(theta, i -> theta[i] + 0.02 * Math.sin(i));
        SamplerProgram own = estimator.program(bench.profile(program), 0);
        Batch batch = new Batch(PROMPTS, NoiseSource.keyed(SEED, "video", 0));
        try (Rollout rollout = bench.rollout(own, batch, theta);
                SamplingChain chain = bench.chain(rollout, theta, SEED, 0)) {
            return estimator.estimate(chain).gradient();
        }
    }
}
