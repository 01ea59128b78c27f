package org.plumbline.plugins.model.diffusers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.toolkit.noise.NoiseStream;

class UntrainedModelTest {
    @TempDir
    private Path temporary;

    private final DiffusersLoader loader = new DiffusersLoader();
    private UntrainedModel untrained;

    @BeforeEach
    void plan() throws IOException {
        untrained = loader.untrained(TinyModel.textToImage(temporary.resolve("plan")));
    }

    @AfterEach
    void close() {
        untrained.close();
    }

    @Test
    void the_joint_graph_is_the_text_network_followed_by_the_denoiser() {
        double[] theta = untrained.initial(3);
        try (DiffusionModel model = untrained.trained(theta);
                BackendSession session = new ReferenceBackend().open();
                TensorArena arena = session.arena()) {
            PromptEncoder encoder = model.promptEncoder().orElseThrow();
            double[] ids = Stream.of("a cat", "the red dog")
                    .flatMapToLong(text -> Arrays.stream(encoder.tokenize(text)))
                    .asDoubleStream()
                    .toArray();
            Tensor tokens = arena.tensor(ids, 2, 16);
            Tensor sample = arena.tensor(NoiseStream.of(1, "x", 0).gaussians(128), 2, 1, 8, 8);
            Tensor label = arena.tensor(new double[] {3, 700.5}, 2);
            Tensor condition = session.compile(encoder.graph(), encoder.weights(), ParameterLayout.empty())
                    .forward(arena, null, Map.of("tokens", tokens));
            double[] separate = session.compile(model.denoiser(), model.denoiserWeights(), ParameterLayout.empty())
                    .forward(arena, null, Map.of("sample", sample, "timestep", label, "condition", condition))
                    .toDoubles();
            double[] joint = session.compile(untrained.graph(), WeightSource.none(), untrained.layout())
                    .forward(
                            arena,
                            arena.tensor(theta, theta.length),
                            Map.of("tokens", tokens, "sample", sample, "timestep", label))
                    .toDoubles();
            assertArrayEquals(separate, joint, 1e-12);
        }
    }

    @Test
    void a_saved_model_is_complete_and_loads_with_the_same_weights() throws IOException {
        double[] theta = untrained.initial(3);
        Path folder = untrained.save(theta, temporary.resolve("new/model"));
        double[] rounded = theta.clone();
        Arrays.setAll(rounded, i -> (float) theta[i]);
        assertArrayEquals(rounded, untrained.load(folder));
        try (DiffusionModel model = loader.load(folder)) {
            ParameterLayout.Entry entry = untrained.layout().entry("unet.conv_in.weight");
            assertArrayEquals(
                    Arrays.copyOfRange(rounded, entry.offset(), entry.offset() + entry.size()),
                    model.denoiserWeights().doubles("conv_in.weight"));
        }
        try (Stream<Path> left = Files.list(temporary.resolve("new"))) {
            assertEquals(List.of(folder), left.toList());
        }
    }

    @Test
    void saving_again_replaces_weights_and_keeps_other_files() throws IOException {
        Path folder = untrained.save(untrained.initial(3), temporary.resolve("model"));
        Files.writeString(folder.resolve("README.md"), "a model card");
        double[] other = untrained.initial(4);
        untrained.save(other, folder);
        assertEquals((float) other[0], untrained.load(folder)[0]);
        assertTrue(Files.exists(folder.resolve("README.md")));
        // The same into the folder that holds the configurations themselves.
        untrained.save(other, temporary.resolve("plan"));
        loader.load(temporary.resolve("plan")).close();
    }

    @Test
    void a_video_network_begins_as_an_image_network_where_it_has_the_same_parts() throws IOException {
        double[] ofImages = untrained.initial(3);
        Path images = untrained.save(ofImages, temporary.resolve("images"));
        Path plan = TinyModel.textToVideo(temporary.resolve("video"));
        Path config = plan.resolve("text_encoder/config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replace("\"vocab_size\": 526", "\"vocab_size\": 530"));
        try (UntrainedModel video = loader.untrained(plan)) {
            double[] drawn = video.initial(4);
            double[] inherited = video.initial(4, images);
            for (ParameterLayout.Entry entry : video.layout().entries()) {
                double[] found = Arrays.copyOfRange(inherited, entry.offset(), entry.offset() + entry.size());
                double[] expected = Arrays.copyOfRange(drawn, entry.offset(), entry.offset() + entry.size());
                if (untrained.layout().contains(entry.name())) {
                    double[] same = part(ofImages, entry.name());
                    for (int i = 0; i < same.length; i++) {
                        expected[i] = (float) same[i];
                    }
                    assertEquals(
                            entry.name().endsWith("token_embedding.weight") ? 4 * 12 : 0,
                            expected.length - same.length,
                            entry.name());
                }
                assertArrayEquals(expected, found, entry.name());
            }
            String entrance = "unet.transformer_in.proj_in.weight";
            assertFalse(untrained.layout().contains(entrance) || !video.layout().contains(entrance));
        }
    }

    @Test
    void a_folder_that_cannot_be_written_is_an_error_of_the_user() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "");
        PlumblineException e = assertThrows(
                PlumblineException.class, () -> untrained.save(untrained.initial(3), file.resolve("model")));
        assertEquals(StandardError.UNWRITABLE_OUTPUT, e.code());
    }

    @Test
    void initial_weights_are_distributed_as_pytorch_and_transformers_draw_them() {
        double[] theta = untrained.initial(3);
        assertArrayEquals(theta, untrained.initial(3));
        assertNotEquals(theta[0], untrained.initial(4)[0]);
        uniform(theta, "unet.conv_in.weight", 1 / Math.sqrt(9));
        uniform(theta, "unet.up_blocks.0.resnets.0.conv1.weight", 1 / Math.sqrt(9 * 32));
        uniform(theta, "unet.mid_block.resnets.0.time_emb_proj.weight", 1 / Math.sqrt(32));
        uniform(theta, "unet.time_embedding.linear_2.bias", 1 / Math.sqrt(32));
        constant(theta, "unet.conv_norm_out.weight", 1);
        constant(theta, "unet.conv_norm_out.bias", 0);
        normal(theta, "text_encoder.text_model.embeddings.token_embedding.weight", 0.02);
        String layer = "text_encoder.text_model.encoder.layers.0.";
        normal(theta, layer + "self_attn.q_proj.weight", 1 / Math.sqrt(12 * 2));
        normal(theta, layer + "self_attn.out_proj.weight", 1 / Math.sqrt(12));
        normal(theta, layer + "mlp.fc1.weight", 1 / Math.sqrt(24));
        normal(theta, layer + "mlp.fc2.weight", 1 / Math.sqrt(24));
        constant(theta, layer + "mlp.fc1.bias", 0);
        constant(theta, layer + "layer_norm1.weight", 1);
    }

    private double[] part(double[] theta, String name) {
        ParameterLayout.Entry entry = untrained.layout().entry(name);
        return Arrays.copyOfRange(theta, entry.offset(), entry.offset() + entry.size());
    }

    private void constant(double[] theta, String name, double value) {
        assertTrue(Arrays.stream(part(theta, name)).allMatch(x -> x == value), name);
    }

    private void uniform(double[] theta, String name, double bound) {
        double[] values = part(theta, name);
        assertFalse(Arrays.stream(values).anyMatch(x -> Math.abs(x) > bound), name);
        // x^2 of a uniform x has mean b^2/3 and deviation b^2 sqrt(4/45).
        spread(name, values, bound * bound / 3, bound * bound * Math.sqrt(4.0 / 45));
    }

    private void normal(double[] theta, String name, double deviation) {
        double variance = deviation * deviation;
        spread(name, part(theta, name), variance, variance * Math.sqrt(2));
    }

    /** Mean of squares and mean within four standard errors; the seed is fixed. */
    private static void spread(String name, double[] values, double square, double deviationOfSquare) {
        double root = Math.sqrt(values.length);
        assertEquals(
                square,
                Arrays.stream(values).map(x -> x * x).average().orElseThrow(),
                4 * deviationOfSquare / root,
                name);
        assertEquals(0, Arrays.stream(values).average().orElseThrow(), 4 * Math.sqrt(square) / root, name);
    }
}
