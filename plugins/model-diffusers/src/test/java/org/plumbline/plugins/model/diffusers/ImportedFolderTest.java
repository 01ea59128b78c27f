package org.plumbline.plugins.model.diffusers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.model.diffusers.TinyStableDiffusion.Stored;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.FloatType;
import org.plumbline.spi.model.ImageDecoder;
import org.plumbline.spi.model.ModelInspection;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.safetensors.DataType;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/** A checkpoint in one file becomes a model folder, or nothing. */
class ImportedFolderTest {
    private static final List<String> PARTS = List.of("unet", "vae", "text_encoder");
    private static final String QUERY = "first_stage_model.decoder.mid.attn_1.q.weight";

    @TempDir
    private Path temporary;

    private final DiffusersLoader loader = new DiffusersLoader();
    private Path plan = Path.of("");
    private Path model = Path.of("");
    private Path target = Path.of("");
    private Map<String, Stored> tensors = Map.of();

    @BeforeEach
    void store() throws IOException {
        store(TinyStableDiffusion.ONE, FloatType.FLOAT32);
    }

    private void store(TinyStableDiffusion version, FloatType type) throws IOException {
        String name = version + "-" + type;
        plan = version.plan(temporary.resolve(name + "-plan"));
        model = version.model(plan, type, temporary.resolve(name));
        target = temporary.resolve(name + "-out/imported");
        tensors = new TreeMap<>(version.original(model));
    }

    private Path file() {
        return TinyStableDiffusion.write(tensors, temporary.resolve("checkpoint.safetensors"));
    }

    private static void assertSameWeights(Path expected, Path found) {
        for (String part : PARTS) {
            try (SafetensorsFile before = SafetensorsFile.open(TinyStableDiffusion.weights(expected, part));
                    SafetensorsFile after = SafetensorsFile.open(TinyStableDiffusion.weights(found, part))) {
                assertEquals(before.names(), after.names());
                for (String name : before.names()) {
                    assertEquals(before.type(name), after.type(name), name);
                    assertArrayEquals(before.shape(name), after.shape(name), name);
                    assertArrayEquals(before.doubles(name), after.doubles(name), name);
                }
            }
        }
    }

    /** A prompt's picture after some steps. */
    private double[] picture(Path folder) {
        try (DiffusionModel loaded = loader.load(folder);
                BackendSession session = new ReferenceBackend().open();
                TensorArena arena = session.arena()) {
            PromptEncoder encoder = loaded.promptEncoder().orElseThrow();
            double[] ids = Arrays.stream(encoder.tokenize("a red dog"))
                    .asDoubleStream()
                    .toArray();
            Tensor condition = session.compile(encoder.graph(), encoder.weights(), ParameterLayout.empty())
                    .forward(arena, null, Map.of("tokens", arena.tensor(ids, 1, ids.length)));
            Network denoiser = session.compile(loaded.denoiser(), loaded.denoiserWeights(), ParameterLayout.empty());
            double[] latent = NoiseStream.of(1, "latent", 0).gaussians(4 * 8 * 8);
            for (double step : new double[] {900, 500, 100}) {
                double[] predicted = denoiser.forward(
                                arena,
                                null,
                                Map.of(
                                        "sample",
                                        arena.tensor(latent, 1, 4, 8, 8),
                                        "timestep",
                                        arena.tensor(new double[] {step}, 1),
                                        "condition",
                                        condition))
                        .toDoubles();
                for (int i = 0; i < latent.length; i++) {
                    latent[i] -= 0.3 * predicted[i];
                }
            }
            ImageDecoder decoder = loaded.imageDecoder();
            return session.compile(decoder.graph(), decoder.weights(), ParameterLayout.empty())
                    .forward(arena, null, Map.of(ImageDecoder.LATENT, arena.tensor(latent, 1, 4, 8, 8)))
                    .toDoubles();
        }
    }

    @ParameterizedTest
    @EnumSource(TinyStableDiffusion.class)
    void the_folder_has_the_checkpoints_weights_and_makes_the_same_pictures(TinyStableDiffusion version)
            throws IOException {
        store(version, FloatType.BFLOAT16);
        Path written = loader.importCheckpoint(file(), plan, Optional.empty(), target);
        assertEquals(target, written);
        assertSameWeights(model, target);
        double[] expected = picture(model);
        assertArrayEquals(expected, picture(target));
        Path other = loader.random(plan, FloatType.FLOAT32, 8, temporary.resolve("other"));
        assertFalse(Arrays.equals(expected, picture(other)), "weights decide the picture");
        Path beside = temporary.resolve("beside");
        loader.importCheckpoint(file(), other, Optional.empty(), beside);
        assertSameWeights(model, beside);
    }

    @Test
    void the_rest_is_the_other_folders_without_parts_that_the_file_has_no_weights_of() throws IOException {
        TinyModel.write(plan, "safety_checker/config.json", "{}");
        TinyModel.write(plan, "README.md", "about another model");
        loader.importCheckpoint(file(), plan, Optional.empty(), target);
        for (String same : List.of(
                "unet/config.json",
                "vae/config.json",
                "text_encoder/config.json",
                "scheduler/scheduler_config.json",
                "tokenizer/vocab.json",
                "tokenizer/merges.txt",
                "tokenizer/tokenizer_config.json")) {
            assertArrayEquals(Files.readAllBytes(plan.resolve(same)), Files.readAllBytes(target.resolve(same)), same);
        }
        assertFalse(Files.exists(target.resolve("safety_checker")));
        assertFalse(Files.exists(target.resolve("README.md")));
        ModelInspection found = loader.inspect(target);
        assertEquals("StableDiffusionPipeline", found.kind());
        assertEquals("yes", found.facts().get("can be run"), found.unsupported().toString());
        assertEquals(
                "left out by the model's author",
                found.components().stream()
                        .filter(part -> part.name().equals("safety_checker"))
                        .findFirst()
                        .orElseThrow()
                        .status());
    }

    @Test
    void types_are_those_of_the_file_or_the_one_that_is_asked_for() throws IOException {
        store(TinyStableDiffusion.TWO, FloatType.FLOAT16);
        Path half = model;
        loader.importCheckpoint(file(), plan, Optional.empty(), target);
        assertSameWeights(half, target);
        loader.importCheckpoint(file(), plan, Optional.of(FloatType.FLOAT32), temporary.resolve("wide"));
        for (String part : PARTS) {
            try (SafetensorsFile before = SafetensorsFile.open(TinyStableDiffusion.weights(half, part));
                    SafetensorsFile after =
                            SafetensorsFile.open(TinyStableDiffusion.weights(temporary.resolve("wide"), part))) {
                for (String name : before.names()) {
                    assertEquals(DataType.F32, after.type(name));
                    assertArrayEquals(before.doubles(name), after.doubles(name), name);
                }
            }
        }
    }

    @Test
    void a_number_that_the_type_cannot_hold_is_refused() {
        Objects.requireNonNull(tensors.get(QUERY)).values()[3] = 1e5;
        refused(StandardError.BAD_VALUE, Optional.of(FloatType.FLOAT16), QUERY + " has the number 100000.0");
        loader.importCheckpoint(file(), plan, Optional.of(FloatType.BFLOAT16), target);
    }

    @Test
    void what_only_training_needs_is_passed_over_and_the_unknown_is_named_once() {
        for (String known : List.of(
                "betas",
                "model_ema.decay",
                "first_stage_model.loss.logvar",
                "cond_stage_model.transformer.text_model.embeddings.position_ids")) {
            tensors.put(known, new Stored(DataType.I64, new double[2], 2));
        }
        List<String> warnings = new ArrayList<>();
        new ImportedFolder(file(), ModelFolder.read(plan), Optional.empty(), warnings::add).write(target);
        assertEquals(List.of(), warnings);
        tensors.put("control_model.x", new Stored(DataType.F32, new double[2], 2));
        tensors.put("mystery", new Stored(DataType.F32, new double[2], 2));
        Path second = temporary.resolve("second");
        new ImportedFolder(file(), ModelFolder.read(plan), Optional.empty(), warnings::add).write(second);
        assertEquals(1, warnings.size(), warnings.toString());
        assertTrue(warnings.get(0).endsWith("not used:\n  control_model.x\n  mystery"), warnings.get(0));
        assertSameWeights(model, second);
    }

    @Test
    void the_unused_last_layer_of_the_second_text_network_is_passed_over() throws IOException {
        store(TinyStableDiffusion.TWO, FloatType.FLOAT32);
        String layers = "cond_stage_model.model.transformer.resblocks.";
        tensors.put(layers + "2.ln_1.bias", new Stored(DataType.F32, new double[12], 12));
        loader.importCheckpoint(file(), plan, Optional.empty(), target);
        assertSameWeights(model, target);
        tensors.put(layers + "3.ln_1.bias", new Stored(DataType.F32, new double[12], 12));
        target = temporary.resolve("deeper/imported");
        refused(StandardError.MALFORMED_FILE, "not expected: " + layers + "3.ln_1.bias [12]");
    }

    @ParameterizedTest
    @CsvSource({
        "model.diffusion_model.input_blocks.3.1.proj_in.weight, unet: down_blocks.1.attentions.0.proj_in.weight",
        "first_stage_model.decoder.up.1.upsample.conv.bias, vae: decoder.up_blocks.0.upsamplers.0.conv.bias",
        "cond_stage_model.transformer.text_model.final_layer_norm.bias, text_encoder: text_model.final_layer_norm.bias"
    })
    void a_missing_weight_is_named_by_both_its_names(String key, String weight) {
        assertTrue(tensors.containsKey(key), key);
        tensors.remove(key);
        refused(StandardError.MALFORMED_FILE, "missing: " + key + " (" + weight + ")");
    }

    @Test
    void a_missing_network_is_named_in_one_line() {
        tensors.keySet().removeIf(key -> key.startsWith("first_stage_model."));
        refused(StandardError.MALFORMED_FILE, "missing: the whole vae, no name starts with first_stage_model.\n");
    }

    @Test
    void a_wrong_shape_is_named_with_the_right_one() {
        tensors.put(QUERY, new Stored(DataType.F32, new double[16 * 15], 16, 15, 1, 1));
        refused(
                StandardError.WRONG_SHAPE,
                QUERY + " (vae: decoder.mid_block.attentions.0.to_q.weight) is [16, 15, 1, 1], the configuration needs"
                        + " [16, 16]");
    }

    @Test
    void a_layer_more_than_the_configuration_has_is_refused() {
        String key = "model.diffusion_model.input_blocks.6.0.in_layers.0.bias";
        tensors.put(key, new Stored(DataType.F32, new double[16], 16));
        refused(StandardError.MALFORMED_FILE, "not expected: " + key + " [16]");
    }

    @Test
    void a_weight_of_whole_numbers_is_refused() {
        String key = "model.diffusion_model.out.2.bias";
        tensors.put(key, new Stored(DataType.I8, new double[4], 4));
        refused(StandardError.MALFORMED_FILE, key + " is I8");
    }

    @Test
    void stable_diffusion_xl_is_refused_by_name() {
        tensors.put(
                "conditioner.embedders.0.transformer.text_model.final_layer_norm.bias",
                new Stored(DataType.F32, new double[12], 12));
        refused(StandardError.UNSUPPORTED, "of Stable Diffusion XL, whose two text networks");
        ModelInspection found = loader.inspect(file());
        assertEquals("a checkpoint in one file, of Stable Diffusion XL", found.kind());
        assertTrue(
                found.unsupported().get(0).startsWith("it cannot be imported"),
                found.unsupported().toString());
    }

    @ParameterizedTest
    @CsvSource({"80 02 7d 71 00 58 06 00 00 00, it is a pickle", "50 4b 03 04 00 00 08 08 00 00, it is a zip archive"})
    void a_pickle_is_refused_unread(String bytes, String reason) throws IOException {
        byte[] start = new byte[100];
        String[] digits = bytes.split(" ");
        for (int i = 0; i < digits.length; i++) {
            start[i] = (byte) Integer.parseInt(digits[i], 16);
        }
        Path file = Files.write(temporary.resolve("model.ckpt"), start);
        PlumblineException e = assertThrows(
                PlumblineException.class, () -> loader.importCheckpoint(file, plan, Optional.empty(), target));
        assertEquals(StandardError.MALFORMED_FILE, e.code());
        assertTrue(e.getMessage().contains(reason), e.getMessage());
        assertFalse(Files.exists(target.getParent()));
    }

    @Test
    void a_folder_of_another_kind_of_model_is_refused() throws IOException {
        plan = TinyModel.unconditional(temporary.resolve("unconditional"));
        refused(StandardError.INCOMPATIBLE, "its unet is a UNet2DModel");
    }

    @Test
    void a_folder_that_exists_is_not_written_into() throws IOException {
        Files.createDirectories(target);
        PlumblineException e = assertThrows(
                PlumblineException.class, () -> loader.importCheckpoint(file(), plan, Optional.empty(), target));
        assertEquals(StandardError.UNWRITABLE_OUTPUT, e.code());
    }

    @Test
    void looking_into_a_checkpoint_says_how_to_import_it() {
        ModelInspection found = loader.inspect(file());
        assertEquals("a checkpoint in one file, of Stable Diffusion 1 or 2", found.kind());
        assertEquals(1, found.unsupported().size(), found.unsupported().toString());
        assertTrue(
                found.unsupported().get(0).contains("plumbline model import " + file() + " --like FOLDER --out FOLDER"),
                found.unsupported().toString());
    }

    private void refused(StandardError code, String message) {
        refused(code, Optional.empty(), message);
    }

    private void refused(StandardError code, Optional<FloatType> type, String message) {
        Path file = file();
        PlumblineException e =
                assertThrows(PlumblineException.class, () -> loader.importCheckpoint(file, plan, type, target));
        assertEquals(code, e.code(), e.getMessage());
        assertTrue(e.getMessage().contains(message), e.getMessage());
        assertEquals(List.of(), leftIn(target.getParent()), "nothing is left of it");
    }

    /** Everything below the folder, temporary files included. */
    private static List<Path> leftIn(Path folder) {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
