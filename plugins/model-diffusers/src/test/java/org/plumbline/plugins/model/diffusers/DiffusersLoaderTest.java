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
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ImageDecoder;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

class DiffusersLoaderTest {
    private static final String UNET_FILE = "unet/diffusion_pytorch_model.safetensors";

    @TempDir
    private Path temporary;

    private final DiffusersLoader loader = new DiffusersLoader();
    private Path folder;

    @BeforeEach
    void make_a_model() throws IOException {
        folder = temporary.resolve("tiny");
        try (UntrainedModel untrained = loader.untrained(TinyModel.textToImage(temporary.resolve("plan")))) {
            untrained.save(untrained.initial(1), folder);
        }
    }

    @Test
    void a_folder_becomes_a_model() {
        try (DiffusionModel model = loader.load(folder)) {
            assertEquals("tiny", model.name());
            assertArrayEquals(new long[] {1, 8, 8}, model.latentShape());
            assertEquals(PredictionType.V_PREDICTION, model.prediction());
            assertEquals(1000, model.schedule().trainSteps());
            assertEquals(0.0046600960195064545, model.schedule().alphaBar(999), 1e-8);
            assertEquals(1, model.samplerSettings().get("steps_offset"));
            assertEquals(false, model.samplerSettings().get("clip_sample"));
            assertFalse(model.samplerSettings().containsKey("trained_betas"));
            assertEquals(
                    "[sample[B, 1, 8, 8], timestep[B], condition[B, 16, 12]]",
                    model.denoiser().inputs().toString());
            PromptEncoder encoder = model.promptEncoder().orElseThrow();
            long[] tokens = encoder.tokenize("A CAT and a dog");
            assertArrayEquals(new long[] {524, 320, 513, 519, 320, 515, 525}, Arrays.copyOf(tokens, 7));
            assertEquals(16, tokens.length);
        }
    }

    @Test
    void pixels_become_images_without_a_limit() {
        try (DiffusionModel model = loader.load(folder);
                BackendSession session = new ReferenceBackend().open();
                TensorArena arena = session.arena()) {
            ImageDecoder decoder = model.imageDecoder();
            double[] latent = new double[64];
            latent[0] = -1;
            latent[1] = 1;
            latent[2] = 3;
            double[] image = session.compile(decoder.graph(), decoder.weights(), ParameterLayout.empty())
                    .forward(arena, null, Map.of(ImageDecoder.LATENT, arena.tensor(latent, 1, 1, 8, 8)))
                    .toDoubles();
            assertArrayEquals(new double[] {0, 1, 2, 0.5}, Arrays.copyOf(image, 4));
        }
    }

    @Test
    void an_unconditional_model_has_no_prompt_encoder() throws IOException {
        Path target = temporary.resolve("unconditional");
        try (UntrainedModel untrained = loader.untrained(TinyModel.unconditional(temporary.resolve("plan2")))) {
            assertTrue(untrained.tokenizer().isEmpty());
            untrained.save(untrained.initial(1), target);
        }
        try (DiffusionModel model = loader.load(target)) {
            assertTrue(model.promptEncoder().isEmpty());
            assertEquals(PredictionType.EPSILON, model.prediction());
            assertEquals(2, model.denoiser().inputs().size());
        }
    }

    @Test
    void all_differences_between_file_and_configuration_are_listed() throws IOException {
        change(Map.of(
                "conv_in.weight", new long[] {9, 1, 3, 3},
                "mid_block.resnets.0.norm1.bias", new long[0],
                "extra.weight", new long[] {2}));
        PlumblineException e = assertThrows(PlumblineException.class, () -> loader.load(folder));
        assertEquals(StandardError.MALFORMED_FILE, e.code());
        for (String part : new String[] {
            "wrong shape: conv_in.weight is [9, 1, 3, 3], the configuration needs [8, 1, 3, 3]",
            "missing: mid_block.resnets.0.norm1.bias [16]",
            "not expected: extra.weight [2]"
        }) {
            assertTrue(e.getMessage().contains(part), e.getMessage());
        }
    }

    @Test
    void wrong_shapes_alone_have_their_own_code() throws IOException {
        change(Map.of("conv_in.weight", new long[] {9, 1, 3, 3}, "conv_out.bias", new long[] {2}));
        PlumblineException e = assertThrows(PlumblineException.class, () -> loader.load(folder));
        assertEquals(StandardError.WRONG_SHAPE, e.code());
        assertTrue(e.getMessage().contains("conv_out.bias is [2], the configuration needs [1]"), e.getMessage());
    }

    /** Writes the denoiser's file again, some tensors with other shapes; an empty shape leaves the tensor out. */
    private void change(Map<String, long[]> shapes) throws IOException {
        SafetensorsWriter writer = SafetensorsWriter.create();
        Map<String, long[]> all = new LinkedHashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(UNET_FILE))) {
            file.names().forEach(name -> all.put(name, file.shape(name)));
        }
        all.putAll(shapes);
        all.forEach((name, shape) -> {
            if (shape.length > 0) {
                int size = 1;
                for (long length : shape) {
                    size *= (int) length;
                }
                writer.add(name, new float[size], shape);
            }
        });
        Files.delete(folder.resolve(UNET_FILE));
        writer.write(folder.resolve(UNET_FILE));
    }

    @Test
    void shards_and_variants_are_found() throws IOException {
        double[] expected;
        try (DiffusionModel model = loader.load(folder)) {
            expected = model.denoiserWeights().doubles("conv_in.weight");
        }
        SafetensorsWriter first = SafetensorsWriter.create();
        SafetensorsWriter second = SafetensorsWriter.create();
        StringBuilder index = new StringBuilder("{\"weight_map\": {");
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(UNET_FILE))) {
            for (String name : file.names()) {
                boolean one = name.startsWith("conv");
                (one ? first : second).add(name, file.floats(name), file.shape(name));
                index.append(index.charAt(index.length() - 1) == '{' ? "" : ", ");
                index.append("\"" + name + "\": \"part-" + (one ? 1 : 2) + ".safetensors\"");
            }
        }
        first.write(folder.resolve("unet/part-1.safetensors"));
        second.write(folder.resolve("unet/part-2.safetensors"));
        TinyModel.write(folder, UNET_FILE + ".index.json", index + "}}");
        Files.delete(folder.resolve(UNET_FILE));
        try (DiffusionModel model = loader.load(folder)) {
            assertArrayEquals(expected, model.denoiserWeights().doubles("conv_in.weight"));
        }
        Path text = folder.resolve("text_encoder");
        Files.move(text.resolve("model.safetensors"), text.resolve("model.fp16.safetensors"));
        loader.load(folder).close();
    }

    @Test
    void older_names_and_shapes_of_attention_are_understood() throws IOException {
        Path target = temporary.resolve("old");
        try (UntrainedModel untrained = loader.untrained(TinyModel.unconditional(temporary.resolve("plan2")))) {
            untrained.save(untrained.initial(1), target);
        }
        Map<String, String> legacy = Map.of("to_q", "query", "to_k", "key", "to_v", "value", "to_out.0", "proj_attn");
        SafetensorsWriter writer = SafetensorsWriter.create();
        Map<String, double[]> expected = new LinkedHashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(target.resolve(UNET_FILE))) {
            for (String name : file.names()) {
                expected.put(name, file.doubles(name));
                String old = name;
                for (Map.Entry<String, String> entry : legacy.entrySet()) {
                    old = old.replace("." + entry.getKey() + ".", "." + entry.getValue() + ".");
                }
                boolean renamed = !old.equals(name) && name.endsWith("weight");
                long[] shape = file.shape(name);
                writer.add(old, file.floats(name), renamed ? new long[] {shape[0], shape[1], 1, 1} : shape);
            }
        }
        writer.write(target.resolve(UNET_FILE));
        try (DiffusionModel model = loader.load(target)) {
            expected.forEach((name, values) ->
                    assertArrayEquals(values, model.denoiserWeights().doubles(name), name));
            String key = "mid_block.attentions.0.to_k.weight";
            assertArrayEquals(new long[] {8, 8}, model.denoiserWeights().shape(key));
        }
    }

    @Test
    void an_index_does_not_lead_out_of_its_folder() throws IOException {
        Files.delete(folder.resolve(UNET_FILE));
        TinyModel.write(folder, UNET_FILE + ".index.json", "{\"weight_map\": {\"a\": \"../secret.safetensors\"}}");
        PlumblineException e = assertThrows(PlumblineException.class, () -> loader.load(folder));
        assertTrue(e.getMessage().contains("names of files beside it"), e.getMessage());
    }

    @Test
    void pickled_weights_are_refused_with_the_remedy() throws IOException {
        Files.move(folder.resolve(UNET_FILE), folder.resolve("unet/diffusion_pytorch_model.bin"));
        PlumblineException e = assertThrows(PlumblineException.class, () -> loader.load(folder));
        assertEquals(StandardError.MISSING_FILE, e.code());
        assertTrue(e.getMessage().contains("convert the .bin file"), e.getMessage());
    }

    @Test
    void a_truncated_file_is_refused() throws IOException {
        byte[] bytes = Files.readAllBytes(folder.resolve(UNET_FILE));
        Files.write(folder.resolve(UNET_FILE), Arrays.copyOf(bytes, bytes.length - 1));
        PlumblineException e = assertThrows(PlumblineException.class, () -> loader.load(folder));
        assertEquals(StandardError.MALFORMED_FILE, e.code());
        assertTrue(e.getMessage().contains("truncated"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "model_index.json, MISSING_FILE",
        "unet/config.json, MISSING_FILE",
        "text_encoder/config.json, MISSING_FILE",
        "text_encoder/model.safetensors, MISSING_FILE",
        "tokenizer/merges.txt, MISSING_FILE",
        "tokenizer/vocab.json, MISSING_FILE",
        "scheduler/scheduler_config.json, MISSING_FILE"
    })
    void a_missing_file_is_named(String file, StandardError code) throws IOException {
        Files.delete(folder.resolve(file));
        PlumblineException e = assertThrows(PlumblineException.class, () -> loader.load(folder));
        assertEquals(code, e.code());
        assertTrue(e.getMessage().contains(file), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"unet\": [\"diffusers\", \"UNet2DConditionModel\"] | "
                        + "\"unet\": [\"diffusers\", \"UNetSpatioTemporalConditionModel\"] | UNetSpatioTemporal",
                "\"safety_checker\": [null, null] | \"vae\": [\"diffusers\", \"AutoencoderTiny\"] | AutoencoderKL",
                "\"safety_checker\": [null, null] | \"text_encoder_3\": [\"transformers\", \"T5EncoderModel\"] | "
                        + "[null, null]",
                "\"safety_checker\": [null, null] | \"prior\": [\"diffusers\", \"PriorTransformer\"] | prior",
                "\"scheduler\": [\"diffusers\", \"DDIMScheduler\"] | \"scheduler\": null | lists no scheduler",
            })
    void parts_that_we_do_not_have_are_refused(String from, String to, String reason) throws IOException {
        Path index = folder.resolve("model_index.json");
        String changed = Files.readString(index).replace(from, to);
        Files.writeString(index, changed);
        PlumblineException e = assertThrows(PlumblineException.class, () -> loader.load(folder));
        assertEquals(StandardError.UNSUPPORTED, e.code());
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "DDIMScheduler, EDMEulerScheduler, EDMEulerScheduler",
        "v_prediction, score_prediction, score_prediction",
        "scaled_linear, zigzag, zigzag"
    })
    void schedules_that_we_do_not_have_are_refused(String from, String to, String reason) throws IOException {
        Path file = folder.resolve("scheduler/scheduler_config.json");
        Files.writeString(file, Files.readString(file).replace(from, to));
        PlumblineException e = assertThrows(PlumblineException.class, () -> loader.load(folder));
        assertEquals(StandardError.UNSUPPORTED, e.code());
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    @Test
    void a_scheduler_of_flow_matching_makes_a_model_that_predicts_velocities() throws IOException {
        Files.writeString(
                folder.resolve("scheduler/scheduler_config.json"),
                "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\", \"num_train_timesteps\": 500, \"shift\": 3.0}");
        try (DiffusionModel model = loader.load(folder)) {
            assertEquals(PredictionType.FLOW, model.prediction());
            assertFalse(model.schedule().variancePreserving());
            assertEquals(500, model.schedule().trainSteps());
            assertEquals(250, model.schedule().label(0.5));
            assertEquals(3.0, model.samplerSettings().get("shift"));
        }
    }
}
