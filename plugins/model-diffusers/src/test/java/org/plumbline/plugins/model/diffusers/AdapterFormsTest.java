package org.plumbline.plugins.model.diffusers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.model.diffusers.network.Torch;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.AdapterForm;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.safetensors.DataType;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/** Files of adapters: what is written is read back to the last bit, and what others write is understood. */
class AdapterFormsTest {
    private static final List<String> ATTENTION = List.of("to_q", "to_k", "to_v", "to_out.0");
    private static final List<String> ALL = List.of(
            "to_q",
            "to_k",
            "to_v",
            "to_out.0",
            "ff.net.0.proj",
            "ff.net.2",
            "proj_in",
            "proj_out",
            "conv_in",
            "conv_out",
            "conv1",
            "conv2",
            "conv_shortcut",
            "downsamplers.0.conv",
            "upsamplers.0.conv",
            "time_emb_proj",
            "time_embedding.linear_1",
            "time_embedding.linear_2");
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

    @ParameterizedTest
    @CsvSource({"DIFFUSERS, 4, 16", "DIFFUSERS, 4, 6", "DIFFUSERS, 3, 0.1", "PEFT, 3, 5", "KOHYA, 3, 5", "KOHYA, 3, 0.1"
    })
    void a_round_trip_gives_the_same_predictions_bit_for_bit(AdapterForm form, int rank, double alpha) {
        TrainableWeights trained = model.trainable(new TrainableTarget.Lora(rank, alpha, ALL, form));
        double[] theta = random(trained.layout());
        Path file = trained.save(theta, temporary.resolve("out"));

        TrainableWeights read = model.trainable(stored(file));
        assertEquals(trained.layout(), read.layout());
        double[] back = read.initial(5);
        assertArrayEquals(rounded(theta), back, "float32, as networks multiply them");
        assertArrayEquals(back, trained.load(file), "also for a target that says rank, alpha and modules");

        double[] before = run(new ReferenceBackend(), trained, rounded(theta));
        assertArrayEquals(before, run(new ReferenceBackend(), read, back));
        assertFalse(
                Arrays.equals(before, run(new ReferenceBackend(), trained, trained.initial(1))),
                "the adapters make a difference");
    }

    @ParameterizedTest
    @EnumSource(AdapterForm.class)
    void in_float32_what_is_read_back_predicts_what_was_trained_in_float64(AdapterForm form) {
        TrainableWeights trained = model.trainable(new TrainableTarget.Lora(3, 5, ATTENTION, form));
        double[] theta = random(trained.layout());
        TrainableWeights read = model.trainable(stored(trained.save(theta, temporary.resolve("out"))));
        assertArrayEquals(run(Torch.backend(), trained, theta), run(Torch.backend(), read, read.initial(5)));
    }

    @ParameterizedTest
    @EnumSource(AdapterForm.class)
    void from_form_to_form_and_back_nothing_changes(AdapterForm form) {
        TrainableWeights trained = model.trainable(new TrainableTarget.Lora(3, 5, ALL));
        double[] theta = random(trained.layout());
        Path first = trained.save(theta, temporary.resolve("first"));
        TrainableWeights other = model.trainable(stored(first, form));
        Path second = other.save(other.initial(0), temporary.resolve("second"));
        TrainableWeights back = model.trainable(stored(second));
        Path third = back.save(back.initial(0), temporary.resolve("third"));
        try (SafetensorsFile one = SafetensorsFile.open(first);
                SafetensorsFile three = SafetensorsFile.open(third)) {
            assertEquals(one.metadata(), three.metadata());
            assertEquals(one.names(), three.names());
            for (String name : one.names()) {
                assertArrayEquals(one.doubles(name), three.doubles(name), name);
            }
        }
    }

    @Test
    void the_form_of_diffusers_has_alpha_in_the_second_matrix_and_no_more_digits_than_needed() {
        for (double alpha : new double[] {4, 1, 6}) {
            TrainableWeights lora = model.trainable(new TrainableTarget.Lora(4, alpha, ATTENTION));
            double[] theta = random(lora.layout());
            Path file = lora.save(theta, temporary.resolve("out"));
            try (SafetensorsFile stored = SafetensorsFile.open(file)) {
                String up = "unet." + LAYER + ".lora.up.weight";
                double b = (float)
                        theta[lora.layout().entry(LAYER + ".lora_B.weight").offset()];
                assertEquals(alpha / 4 * b, stored.doubles(up)[0]);
                assertEquals(alpha == 6 ? DataType.F64 : DataType.F32, stored.type(up));
                assertEquals(DataType.F32, stored.type("unet." + LAYER + ".lora.down.weight"));
                assertEquals(alpha == 4 ? 1 : 2, stored.metadata().size(), "alpha is said if it is not the rank");
            }
        }
    }

    @Test
    void names_of_the_three_forms() {
        String flat = "lora_unet_" + LAYER.replace('.', '_');
        Map<AdapterForm, List<String>> expected = Map.of(
                AdapterForm.DIFFUSERS,
                List.of("unet." + LAYER + ".lora.down.weight", "unet." + LAYER + ".lora.up.weight"),
                AdapterForm.PEFT,
                List.of("base_model.model." + LAYER + ".lora_A.weight", "base_model.model." + LAYER + ".lora_B.weight"),
                AdapterForm.KOHYA,
                List.of(flat + ".alpha", flat + ".lora_down.weight", flat + ".lora_up.weight"));
        expected.forEach((form, names) -> {
            TrainableWeights lora = model.trainable(new TrainableTarget.Lora(2, 3, List.of(LAYER), form));
            Path file = lora.save(lora.initial(1), temporary.resolve(form.name()));
            try (SafetensorsFile stored = SafetensorsFile.open(file)) {
                assertEquals(names, stored.names().stream().sorted().toList());
                assertEquals("pt", stored.metadata().get("format"));
                if (form == AdapterForm.KOHYA) {
                    assertArrayEquals(new double[] {3}, stored.doubles(flat + ".alpha"));
                    assertEquals(0, stored.shape(flat + ".alpha").length);
                }
            }
        });
    }

    @Test
    void beyond_attention_the_form_of_diffusers_says_a_and_b_throughout() {
        TrainableWeights lora = model.trainable(new TrainableTarget.Lora(2, 2, List.of("to_q", "conv1")));
        Path file = lora.save(lora.initial(1), temporary.resolve("out"));
        try (SafetensorsFile stored = SafetensorsFile.open(file)) {
            assertTrue(stored.names().stream().allMatch(name -> name.matches("unet\\..*\\.lora_[AB]\\.weight")));
            assertArrayEquals(
                    new long[] {2, 8, 3, 3}, stored.shape("unet.down_blocks.0.resnets.0.conv1.lora_A.weight"));
            assertArrayEquals(
                    new long[] {8, 2, 1, 1}, stored.shape("unet.down_blocks.0.resnets.0.conv1.lora_B.weight"));
        }
    }

    @Test
    void peft_is_told_rank_alpha_and_modules() throws IOException {
        TrainableWeights lora = model.trainable(new TrainableTarget.Lora(2, 3, ATTENTION, AdapterForm.PEFT));
        Path file = lora.save(lora.initial(1), temporary.resolve("out"));
        assertEquals(temporary.resolve("out/adapter_model.safetensors"), file);
        String config = Files.readString(file.resolveSibling("adapter_config.json"));
        for (String entry : List.of(
                "\"peft_type\" : \"LORA\"",
                "\"r\" : 2",
                "\"lora_alpha\" : 3",
                "\"target_modules\" : [ \"to_k\", \"to_out.0\", \"to_q\", \"to_v\" ]",
                "\"use_rslora\" : false")) {
            assertTrue(config.contains(entry), config);
        }
        // A part of the layers that end in to_k can only be told by whole names.
        TrainableWeights one = model.trainable(new TrainableTarget.Lora(2, 3, List.of(LAYER), AdapterForm.PEFT));
        Path other = one.save(one.initial(1), temporary.resolve("one"));
        assertTrue(Files.readString(other.resolveSibling("adapter_config.json")).contains("[ \"" + LAYER + "\" ]"));
    }

    @Test
    void every_layer_may_have_its_own_rank_and_alpha() {
        String other = "down_blocks.0.resnets.0.conv1";
        Path kohya = temporary.resolve("kohya.safetensors");
        SafetensorsWriter.create()
                .add(flat(LAYER) + ".lora_down.weight", numbers(2 * 12), 2, 12)
                .add(flat(LAYER) + ".lora_up.weight", numbers(16 * 2), 16, 2)
                .add(flat(LAYER) + ".alpha", new float[] {1})
                .add(flat(other) + ".lora_down.weight", numbers(3 * 8 * 9), 3, 8, 3, 3)
                .add(flat(other) + ".lora_up.weight", numbers(8 * 3), 8, 3, 1, 1)
                .add(flat(other) + ".alpha", new float[] {9})
                .write(kohya);
        TrainableWeights first = model.trainable(stored(kohya));
        double[] theta = first.initial(0);
        assertEquals(2 * 12 + 32 + 3 * 72 + 24, theta.length);
        for (AdapterForm form : AdapterForm.values()) {
            TrainableWeights again = model.trainable(stored(kohya, form));
            Path file = again.save(theta, temporary.resolve(form.name()));
            TrainableWeights read = model.trainable(stored(file));
            assertArrayEquals(theta, read.initial(0), form.name());
            assertArrayEquals(
                    run(new ReferenceBackend(), first, theta), run(new ReferenceBackend(), read, read.initial(0)));
        }
    }

    @Test
    void what_others_write_is_understood() throws IOException {
        float[] a = numbers(2 * 12);
        float[] b = numbers(16 * 2);
        double[] plain = output(file("diffusers", writer -> pair(writer, "unet." + LAYER, ".lora_A", ".lora_B", a, b)));
        double[] twice =
                output(file("twice", writer -> pair(writer, "unet." + LAYER, ".lora_A", ".lora_B", a, doubled(b))));
        assertFalse(Arrays.equals(plain, twice));

        // Names of other versions, alpha not said: the rank.
        assertArrayEquals(plain, output(file("down", w -> pair(w, "unet." + LAYER, ".lora.down", ".lora.up", a, b))));
        assertArrayEquals(plain, output(file("bare", w -> pair(w, LAYER, ".lora.down", ".lora.up", a, b))));
        String processor = LAYER.replace(".to_k", ".processor.to_k_lora");
        assertArrayEquals(plain, output(file("old", w -> pair(w, "unet." + processor, ".down", ".up", a, b))));
        assertArrayEquals(plain, output(file("kohya", w -> pair(w, flat(LAYER), ".lora_down", ".lora_up", a, b))));

        // Alpha said: twice the rank.
        assertArrayEquals(
                twice,
                output(file(
                        "alpha",
                        w -> pair(w, flat(LAYER), ".lora_down", ".lora_up", a, b)
                                .add(flat(LAYER) + ".alpha", new float[] {4}))));
        assertArrayEquals(
                twice,
                output(file(
                        "metadata",
                        w -> pair(w, "unet." + LAYER, ".lora_A", ".lora_B", a, b)
                                .metadata("lora_adapter_metadata", "{\"unet.r\": 2, \"unet.lora_alpha\": 4}"))));
        String peft = "base_model.model." + LAYER;
        for (String config : List.of(
                "{\"r\": 2, \"lora_alpha\": 4}",
                "{\"r\": 8, \"lora_alpha\": 1, \"rank_pattern\": {\"to_k\": 2}, \"alpha_pattern\": {\"attn2.to_k\": 4}}",
                "{\"r\": 2, \"lora_alpha\": 1, \"alpha_pattern\": {\".*attn[12].to_k\": 4}}")) {
            Path file = file("peft", w -> pair(w, peft, ".lora_A", ".lora_B", a, b));
            Files.writeString(file.resolveSibling("adapter_config.json"), config);
            assertArrayEquals(twice, output(file), config);
        }
        Path stabilised = file("peft", w -> pair(w, peft, ".lora_A", ".lora_B", a, b));
        Files.writeString(
                stabilised.resolveSibling("adapter_config.json"),
                "{\"r\": 2, \"lora_alpha\": " + 2 * Math.sqrt(2) + ", \"use_rslora\": true}");
        assertArrayEquals(twice, output(stabilised), 1e-12);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "unet.LAYER.lora_A.weight | unet.LAYER.lora_C.weight | not a part of a plain low-rank adapter",
                "lora_unet_x.hada_w1_a | lora_unet_x.hada_w1_b | not a part of a plain low-rank adapter",
                "unet.LAYER.lora_A.weight | unet.LAYER.lora_A.default.weight | twice in the file",
                "unet.LAYER.lora_A.weight | unet.LAYER.lora_magnitude_vector | not a part",
                "unet.LAYER.lora_A.weight | unet.nowhere.lora_B.weight | not a layer of the unet: nowhere",
                "unet.LAYER.lora_A.weight | text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight | also adapts the text encoder",
                "lora_unet_x.lora_down.weight | lora_te_text_model_x.lora_down.weight | also adapts the text encoder"
            })
    void what_is_no_plain_adapter_of_this_model_is_refused(String first, String second, String reason) {
        Path file = temporary.resolve("x.safetensors");
        SafetensorsWriter.create()
                .add(first.replace("LAYER", LAYER), numbers(24), 2, 12)
                .add(second.replace("LAYER", LAYER), numbers(24), 2, 12)
                .write(file);
        PlumblineException e = assertThrows(PlumblineException.class, () -> model.trainable(stored(file)));
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    @Test
    void incomplete_adapters_are_refused() throws IOException {
        Path file = temporary.resolve("x.safetensors");
        SafetensorsWriter.create()
                .add("unet." + LAYER + ".lora_A.weight", numbers(24), 2, 12)
                .write(file);
        assertRefused(StandardError.MALFORMED_FILE, "incomplete: " + LAYER, stored(file));
        pair(SafetensorsWriter.create(), "unet." + LAYER, ".lora_A", ".lora_B", numbers(24), numbers(48))
                .write(file);
        assertRefused(StandardError.WRONG_SHAPE, "have no rank in common", stored(file));
        SafetensorsWriter.create()
                .add("unet." + LAYER + ".lora_A.weight", numbers(26), 2, 13)
                .add("unet." + LAYER + ".lora_B.weight", numbers(32), 16, 2)
                .write(file);
        assertRefused(StandardError.WRONG_SHAPE, "is [2, 13], not [2, 12]", stored(file));
        SafetensorsWriter.create()
                .add(flat(LAYER) + ".lora_down.weight", numbers(24), 2, 12)
                .add(flat(LAYER) + ".lora_up.weight", numbers(32), 16, 2)
                .add(flat(LAYER) + ".alpha", new float[] {Float.NaN})
                .write(file);
        assertRefused(StandardError.MALFORMED_FILE, "impossible: alpha NaN", stored(file));
        Path peft =
                file("peft", w -> pair(w, "base_model.model." + LAYER, ".lora_A", ".lora_B", numbers(24), numbers(32)));
        assertRefused(StandardError.MISSING_FILE, "adapter_config.json", stored(peft));
        Path config = peft.resolveSibling("adapter_config.json");
        Files.writeString(config, "{\"r\": 3, \"lora_alpha\": 3}");
        assertRefused(StandardError.MALFORMED_FILE, "has rank 2, the configuration says 3", stored(peft));
        Files.writeString(config, "{\"r\": 2, \"lora_alpha\": 3, \"use_dora\": true}");
        assertRefused(StandardError.UNSUPPORTED, "use_dora", stored(peft));
        Files.writeString(config, "{\"r\": 2");
        assertRefused(StandardError.MALFORMED_FILE, "is not JSON", stored(peft));
        Path empty = Files.createDirectories(temporary.resolve("empty"));
        assertRefused(StandardError.MISSING_FILE, "holds no file of adapters", stored(empty));
    }

    @Test
    void a_target_that_contradicts_the_file_it_starts_from_is_refused_with_both_sides() {
        TrainableWeights lora =
                model.trainable(new TrainableTarget.Lora(2, 3, List.of("to_q", "to_k"), AdapterForm.KOHYA));
        Path file = lora.save(lora.initial(1), temporary.resolve("out"));
        model.trainable(new TrainableTarget.StoredLora(
                file, Optional.of(2), Optional.of(3.0), List.of("to_k", "to_q"), AdapterForm.PEFT));
        PlumblineException e = assertThrows(
                PlumblineException.class,
                () -> model.trainable(new TrainableTarget.StoredLora(
                        file, Optional.of(4), Optional.of(8.0), List.of("to_k", "to_v"), AdapterForm.PEFT)));
        assertEquals(StandardError.INCOMPATIBLE, e.code());
        for (String part : List.of(
                "rank: asked for 4, the file has 2",
                "alpha: asked for 8.0, the file has 3.0",
                LAYER.replace("to_k", "to_v") + " is asked for, the file does not adapt it",
                LAYER.replace("to_k", "to_q") + " is not asked for, the file adapts it",
                "rank 2 with alpha 3.0 on to_k, to_q")) {
            assertTrue(e.getMessage().contains(part), part + " in " + e.getMessage());
        }
    }

    @Test
    void an_alpha_that_the_file_does_not_say_is_the_targets() {
        Path file = file("d", w -> pair(w, "unet." + LAYER, ".lora.down", ".lora.up", numbers(24), numbers(32)));
        TrainableWeights asFound = model.trainable(stored(file));
        TrainableWeights other = model.trainable(new TrainableTarget.StoredLora(
                file, Optional.empty(), Optional.of(8.0), List.of(), AdapterForm.DIFFUSERS));
        double[] theta = other.initial(0);
        assertEquals(asFound.initial(0)[24] / 4, theta[24], "the second matrix makes up for it");
        assertArrayEquals(
                run(new ReferenceBackend(), asFound, asFound.initial(0)), run(new ReferenceBackend(), other, theta));
    }

    @Test
    void adapters_on_every_kind_of_layer_are_the_weight_plus_alpha_over_rank_times_b_a() {
        TrainableWeights lora = model.trainable(new TrainableTarget.Lora(2, 3, ALL));
        double[] theta = random(lora.layout());
        TrainableWeights full = model.trainable(new TrainableTarget.Full(List.of()));
        double[] merged = full.initial(0);
        int adapted = 0;
        for (ParameterLayout.Entry entry : full.layout().entries()) {
            String layer = entry.name().replaceFirst("\\.weight$", "");
            if (lora.layout().contains(layer + ".lora_A.weight")) {
                adapted++;
                ParameterLayout.Entry a = lora.layout().entry(layer + ".lora_A.weight");
                ParameterLayout.Entry b = lora.layout().entry(layer + ".lora_B.weight");
                int inner = a.size() / 2;
                for (int i = 0; i < entry.size(); i++) {
                    for (int r = 0; r < 2; r++) {
                        merged[entry.offset() + i] +=
                                1.5 * theta[b.offset() + i / inner * 2 + r] * theta[a.offset() + r * inner + i % inner];
                    }
                }
            }
        }
        assertEquals(lora.layout().entries().size() / 2, adapted);
        assertArrayEquals(run(new ReferenceBackend(), full, merged), run(new ReferenceBackend(), lora, theta), 1e-10);
    }

    private void assertRefused(StandardError code, String part, TrainableTarget.StoredLora target) {
        PlumblineException e = assertThrows(PlumblineException.class, () -> model.trainable(target));
        assertTrue(e.getMessage().contains(part), e.getMessage());
        assertEquals(code, e.code());
    }

    private interface Fill {
        SafetensorsWriter fill(SafetensorsWriter writer);
    }

    private Path file(String folder, Fill content) {
        Path file = temporary.resolve(folder).resolve("adapter.safetensors");
        content.fill(SafetensorsWriter.create()).write(file);
        return file;
    }

    private static SafetensorsWriter pair(
            SafetensorsWriter writer, String layer, String a, String b, float[] first, float[] second) {
        return writer.add(layer + a + ".weight", first, 2, first.length / 2)
                .add(layer + b + ".weight", second, 16, second.length / 16);
    }

    private double[] output(Path file) {
        TrainableWeights weights = model.trainable(stored(file));
        return run(new ReferenceBackend(), weights, weights.initial(0));
    }

    private static String flat(String layer) {
        return "lora_unet_" + layer.replace('.', '_');
    }

    private static float[] numbers(int count) {
        double[] gaussians = NoiseStream.of(3, "numbers", count).gaussians(count);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) gaussians[i];
        }
        return numbers;
    }

    private static float[] doubled(float[] values) {
        float[] doubled = values.clone();
        for (int i = 0; i < values.length; i++) {
            doubled[i] *= 2;
        }
        return doubled;
    }

    private static TrainableTarget.StoredLora stored(Path file) {
        return stored(file, AdapterForm.DIFFUSERS);
    }

    private static TrainableTarget.StoredLora stored(Path file, AdapterForm form) {
        return new TrainableTarget.StoredLora(file, Optional.empty(), Optional.empty(), List.of(), form);
    }

    private static double[] random(ParameterLayout layout) {
        double[] theta = NoiseStream.of(5, "theta", 0).gaussians(layout.size());
        Arrays.setAll(theta, i -> theta[i] / 4);
        return theta;
    }

    private static double[] rounded(double[] values) {
        double[] rounded = values.clone();
        Arrays.setAll(rounded, i -> (float) values[i]);
        return rounded;
    }

    private double[] run(ComputeBackend backend, TrainableWeights weights, double @Nullable [] theta) {
        GraphDefinition graph = weights.denoiser();
        try (BackendSession session = backend.open();
                TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs = new HashMap<>();
            for (TensorSpec spec : graph.inputs()) {
                long[] shape = spec.shape();
                shape[0] = 2;
                double[] noise = NoiseStream.of(9, spec.name(), 0).gaussians(2 * spec.rowSize());
                inputs.put(spec.name(), arena.tensor(noise, shape));
            }
            Tensor parameters = theta == null ? null : arena.tensor(theta, theta.length);
            return session.compile(graph, model.denoiserWeights(), weights.layout())
                    .forward(arena, parameters, inputs)
                    .toDoubles();
        }
    }
}
