package org.plumbline.plugins.model.diffusers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
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
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

class TrainableWeightsTest {
    private static final TrainableTarget.Lora LORA =
            new TrainableTarget.Lora(2, 4, List.of("to_q", "to_k", "to_v", "to_out.0"));
    private static final String LAYER = "mid_block.attentions.0.transformer_blocks.0.attn2.to_k";

    @TempDir
    private Path temporary;

    private DiffusionModel model;

    @BeforeEach
    void load() throws IOException {
        DiffusersLoader loader = new DiffusersLoader();
        try (UntrainedModel untrained = loader.untrained(TinyModel.textToImage(temporary.resolve("plan")))) {
            model = loader.load(untrained.save(untrained.initial(7), temporary.resolve("tiny")));
        }
    }

    @AfterEach
    void close() {
        model.close();
    }

    @Test
    void fresh_adapters_change_nothing() {
        TrainableWeights lora = model.trainable(LORA);
        double[] before = run(model.denoiser(), ParameterLayout.empty(), null, model.denoiserWeights());
        double[] after = run(lora.denoiser(), lora.layout(), lora.initial(3), model.denoiserWeights());
        assertArrayEquals(before, after);
    }

    @Test
    void an_adapter_is_the_weight_plus_alpha_over_rank_times_b_a() {
        TrainableWeights lora = model.trainable(LORA);
        double[] theta = NoiseStream.of(5, "theta", 0).gaussians(lora.layout().size());
        Map<String, WeightSource.Weight> merged = new HashMap<>();
        ParameterLayout all =
                model.trainable(new TrainableTarget.Full(List.of())).layout();
        for (ParameterLayout.Entry entry : all.entries()) {
            double[] w = model.denoiserWeights().doubles(entry.name());
            String layer = entry.name().replaceFirst("\\.weight$", "");
            if (lora.layout().contains(layer + ".lora_A.weight")) {
                ParameterLayout.Entry a = lora.layout().entry(layer + ".lora_A.weight");
                ParameterLayout.Entry b = lora.layout().entry(layer + ".lora_B.weight");
                int in = (int) a.shape()[1];
                for (int i = 0; i < w.length; i++) {
                    for (int r = 0; r < 2; r++) {
                        w[i] += 2 * theta[b.offset() + i / in * 2 + r] * theta[a.offset() + r * in + i % in];
                    }
                }
            }
            merged.put(entry.name(), new WeightSource.Weight(w, entry.shape()));
        }
        double[] expected = run(model.denoiser(), ParameterLayout.empty(), null, WeightSource.of(merged));
        double[] actual = run(lora.denoiser(), lora.layout(), theta, model.denoiserWeights());
        assertArrayEquals(expected, actual, 1e-10);
    }

    @Test
    void the_layout_has_all_attention_layers_by_the_names_of_peft() {
        TrainableWeights lora = model.trainable(LORA);
        // Down 1, up 2, mid 1 transformers with two attentions of four layers, each with A and B.
        assertEquals(4 * 2 * 4 * 2, lora.layout().entries().size());
        assertArrayEquals(
                new long[] {2, 12},
                lora.layout().entry(LAYER + ".lora_A.weight").shape());
        assertArrayEquals(
                new long[] {16, 2},
                lora.layout().entry(LAYER + ".lora_B.weight").shape());
    }

    @Test
    void a_starts_gaussian_with_deviation_one_over_rank_and_b_zero() {
        TrainableWeights lora = model.trainable(new TrainableTarget.Lora(8, 8, LORA.modules()));
        double[] theta = lora.initial(1);
        double sum = 0;
        double squares = 0;
        int count = 0;
        for (ParameterLayout.Entry entry : lora.layout().entries()) {
            for (int i = entry.offset(); i < entry.offset() + entry.size(); i++) {
                if (entry.name().endsWith("lora_B.weight")) {
                    assertEquals(0, theta[i]);
                } else {
                    sum += theta[i];
                    squares += theta[i] * theta[i];
                    count++;
                }
            }
        }
        // Three standard errors of the mean and of the variance of Gaussians with deviation 1/8.
        assertEquals(0, sum / count, 3 * 0.125 / Math.sqrt(count));
        assertEquals(1 / 64.0, squares / count, 3 / 64.0 * Math.sqrt(2.0 / count));
        assertArrayEquals(theta, lora.initial(1));
        assertNotEquals(theta[0], lora.initial(2)[0]);
    }

    @Test
    void adapters_are_saved_for_diffusers_and_read_back() {
        TrainableWeights lora = model.trainable(LORA);
        double[] theta =
                rounded(NoiseStream.of(5, "theta", 0).gaussians(lora.layout().size()));
        Path file = lora.save(theta, temporary.resolve("out"));
        assertEquals(temporary.resolve("out/pytorch_lora_weights.safetensors"), file);
        try (SafetensorsFile stored = SafetensorsFile.open(file)) {
            assertEquals("pt", stored.metadata().get("format"));
            ParameterLayout.Entry b = lora.layout().entry(LAYER + ".lora_B.weight");
            // alpha / rank = 2 is multiplied into the second factor, since readers take alpha = rank.
            assertEquals(2 * theta[b.offset()], stored.doubles("unet." + LAYER + ".lora.up.weight")[0]);
            assertTrue(stored.names().stream()
                    .allMatch(name -> name.startsWith("unet.") && name.matches(".*\\.lora\\.(up|down)\\.weight")));
        }
        assertArrayEquals(theta, lora.load(file));
        assertArrayEquals(theta, lora.load(temporary.resolve("out")));
    }

    @Test
    void adapters_by_the_names_of_peft_are_read_too() {
        TrainableWeights lora = model.trainable(LORA);
        double[] theta =
                rounded(NoiseStream.of(5, "theta", 0).gaussians(lora.layout().size()));
        SafetensorsWriter writer = SafetensorsWriter.create();
        for (ParameterLayout.Entry entry : lora.layout().entries()) {
            writer.addRounded("unet." + entry.name(), theta, entry.offset(), entry.shape());
        }
        Path plain = temporary.resolve("plain.safetensors");
        writer.write(plain);
        double[] read = lora.load(plain);
        ParameterLayout.Entry b = lora.layout().entry(LAYER + ".lora_B.weight");
        assertEquals(theta[b.offset()] / 2, read[b.offset()], "alpha = rank in the file, alpha = 2 rank here");
        writer.metadata("lora_adapter_metadata", "{\"unet.r\": 2, \"unet.lora_alpha\": 4}")
                .write(plain);
        assertArrayEquals(theta, lora.load(plain));
    }

    @Test
    void adapters_of_another_shape_are_refused_with_all_names() {
        Path file = model.trainable(LORA)
                .save(new double[model.trainable(LORA).layout().size()], temporary);
        TrainableWeights wider = model.trainable(new TrainableTarget.Lora(3, 3, LORA.modules()));
        PlumblineException e = assertThrows(PlumblineException.class, () -> wider.load(file));
        assertEquals(StandardError.WRONG_SHAPE, e.code());
        assertEquals(64, e.getMessage().split("wrong shape", -1).length - 1);
        TrainableWeights fewer = model.trainable(new TrainableTarget.Lora(2, 4, List.of("to_q")));
        e = assertThrows(PlumblineException.class, () -> fewer.load(file));
        assertEquals(StandardError.MALFORMED_FILE, e.code());
        assertTrue(e.getMessage().contains("not expected: the adapter of " + LAYER), e.getMessage());
    }

    @Test
    void a_module_that_is_not_there_is_refused_with_those_that_are() {
        PlumblineException e = assertThrows(
                PlumblineException.class,
                () -> model.trainable(new TrainableTarget.Lora(2, 2, List.of("to_q", "to_x"))));
        assertEquals(StandardError.BAD_VALUE, e.code());
        assertTrue(e.getMessage().contains("'to_x'"), e.getMessage());
        assertTrue(e.getMessage().contains("to_k, to_out.0, to_q, to_v"), e.getMessage());
        for (TrainableTarget.Lora bad : List.of(
                new TrainableTarget.Lora(0, 1, List.of("to_q")),
                new TrainableTarget.Lora(1, 0, List.of("to_q")),
                new TrainableTarget.Lora(1, 1, List.of()))) {
            assertEquals(
                    StandardError.BAD_VALUE,
                    assertThrows(PlumblineException.class, () -> model.trainable(bad))
                            .code());
        }
    }

    @Test
    void full_weights_start_pretrained_and_are_chosen_by_parts_of_names() {
        TrainableWeights full = model.trainable(new TrainableTarget.Full(List.of("mid_block", "conv_out")));
        assertTrue(full.layout().entries().stream()
                .allMatch(entry ->
                        entry.name().contains("mid_block") || entry.name().contains("conv_out")));
        double[] theta = full.initial(0);
        double[] before = run(model.denoiser(), ParameterLayout.empty(), null, model.denoiserWeights());
        assertArrayEquals(before, run(full.denoiser(), full.layout(), theta, model.denoiserWeights()));
        theta[full.layout().entry("conv_out.bias").offset()] += 1;
        double[] after = run(full.denoiser(), full.layout(), theta, model.denoiserWeights());
        assertEquals(before[0] + 1, after[0], 1e-12);
        PlumblineException e = assertThrows(
                PlumblineException.class, () -> model.trainable(new TrainableTarget.Full(List.of("nothing"))));
        assertEquals(StandardError.BAD_VALUE, e.code());
    }

    @Test
    void full_weights_are_saved_as_a_complete_denoiser_and_read_back() throws IOException {
        TrainableWeights full = model.trainable(new TrainableTarget.Full(List.of("mid_block")));
        double[] theta =
                rounded(NoiseStream.of(5, "theta", 0).gaussians(full.layout().size()));
        Path unet = full.save(theta, temporary.resolve("out"));
        assertArrayEquals(theta, full.load(unet));
        assertEquals(TinyModel.UNET, Files.readString(unet.resolve("config.json")));
        try (SafetensorsFile stored = SafetensorsFile.open(unet.resolve("diffusion_pytorch_model.safetensors"))) {
            assertArrayEquals(model.denoiserWeights().floats("conv_in.weight"), stored.floats("conv_in.weight"));
        }
    }

    @Test
    void gradients_of_adapters_are_those_of_finite_differences() {
        TrainableWeights lora = model.trainable(new TrainableTarget.Lora(2, 3, List.of("attn2.to_v", "to_out.0")));
        double[] theta = NoiseStream.of(5, "theta", 0).gaussians(lora.layout().size());
        try (BackendSession session = new ReferenceBackend().open();
                TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs = inputs(lora.denoiser(), arena);
            double[] cotangent = NoiseStream.of(6, "cotangent", 0).gaussians(2 * 64);
            double[] gradient = session.compile(lora.denoiser(), model.denoiserWeights(), lora.layout())
                    .vjp(
                            arena,
                            arena.tensor(theta, theta.length),
                            inputs,
                            arena.tensor(cotangent, 2, 1, 8, 8),
                            Set.of())
                    .parameterGradient()
                    .toDoubles();
            double[] direction = NoiseStream.of(8, "direction", 0).gaussians(theta.length);
            double h = 1e-5;
            double[] plus = run(lora.denoiser(), lora.layout(), moved(theta, h, direction), model.denoiserWeights());
            double[] minus = run(lora.denoiser(), lora.layout(), moved(theta, -h, direction), model.denoiserWeights());
            double difference = 0;
            for (int i = 0; i < plus.length; i++) {
                difference += cotangent[i] * (plus[i] - minus[i]) / (2 * h);
            }
            double product = 0;
            for (int i = 0; i < gradient.length; i++) {
                product += gradient[i] * direction[i];
            }
            assertEquals(difference, product, 1e-7 * Math.abs(difference));
        }
    }

    private static double[] moved(double[] theta, double h, double[] direction) {
        double[] moved = theta.clone();
        Arrays.setAll(moved, i -> theta[i] + h * direction[i]);
        return moved;
    }

    private static double[] rounded(double[] values) {
        double[] rounded = values.clone();
        Arrays.setAll(rounded, i -> (float) values[i]);
        return rounded;
    }

    private static Map<String, Tensor> inputs(GraphDefinition graph, TensorArena arena) {
        Map<String, Tensor> inputs = new HashMap<>();
        for (TensorSpec spec : graph.inputs()) {
            long[] shape = spec.shape();
            shape[0] = 2;
            inputs.put(
                    spec.name(), arena.tensor(NoiseStream.of(9, spec.name(), 0).gaussians(2 * spec.rowSize()), shape));
        }
        return inputs;
    }

    private static double[] run(
            GraphDefinition graph, ParameterLayout layout, double @Nullable [] theta, WeightSource weights) {
        try (BackendSession session = new ReferenceBackend().open();
                TensorArena arena = session.arena()) {
            Tensor parameters = theta == null ? null : arena.tensor(theta, theta.length);
            return session.compile(graph, weights, layout)
                    .forward(arena, parameters, inputs(graph, arena))
                    .toDoubles();
        }
    }
}
