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
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.AdapterForm;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.FloatType;
import org.plumbline.spi.model.ModelInspection;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.safetensors.DataType;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/** Adapters are written in other forms and merged into models, and both are looked into. */
class ExportTest {
    private static final String UNET_FILE = "unet/diffusion_pytorch_model.safetensors";
    private static final List<String> MODULES =
            List.of("to_q", "to_out.0", "ff.net.2", "proj_in", "conv1", "conv_shortcut", "time_emb_proj", "conv_in");

    @TempDir
    private Path temporary;

    private final DiffusersLoader loader = new DiffusersLoader();
    private Path folder = Path.of("");
    private Path lora = Path.of("");

    @BeforeEach
    void train() throws IOException {
        folder = temporary.resolve("model");
        try (UntrainedModel untrained = loader.untrained(TinyModel.textToImage(temporary.resolve("plan")))) {
            untrained.save(untrained.initial(7), folder);
        }
        try (DiffusionModel model = loader.load(folder)) {
            TrainableWeights weights = model.trainable(new TrainableTarget.Lora(3, 5, MODULES));
            double[] theta =
                    NoiseStream.of(5, "theta", 0).gaussians(weights.layout().size());
            Arrays.setAll(theta, i -> theta[i] / 8);
            lora = weights.save(theta, temporary.resolve("trained"));
        }
    }

    private double[] withAdapters(Path adapters) {
        try (DiffusionModel model = loader.load(folder)) {
            TrainableWeights weights = model.trainable(new TrainableTarget.StoredLora(
                    adapters, Optional.empty(), Optional.empty(), List.of(), AdapterForm.DIFFUSERS));
            return run(weights, model.denoiserWeights());
        }
    }

    private double[] plain(Path path) {
        try (DiffusionModel model = loader.load(path)) {
            return run(model.trainable(new TrainableTarget.Full(List.of("conv_out.bias"))), model.denoiserWeights());
        }
    }

    private static double[] run(TrainableWeights weights, WeightSource frozen) {
        try (BackendSession session = new ReferenceBackend().open();
                TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs = new HashMap<>();
            for (TensorSpec spec : weights.denoiser().inputs()) {
                long[] shape = spec.shape();
                shape[0] = 2;
                double[] noise = NoiseStream.of(9, spec.name(), 0).gaussians(2 * spec.rowSize());
                inputs.put(spec.name(), arena.tensor(noise, shape));
            }
            ParameterLayout layout = weights.layout();
            return session.compile(weights.denoiser(), frozen, layout)
                    .forward(arena, arena.tensor(weights.initial(0), layout.size()), inputs)
                    .toDoubles();
        }
    }

    @ParameterizedTest
    @EnumSource(AdapterForm.class)
    void converted_adapters_predict_the_same_bit_for_bit(AdapterForm form) throws IOException {
        Path converted = loader.convert(folder, lora, form, temporary.resolve("converted"));
        assertTrue(converted.startsWith(temporary.resolve("converted")));
        double[] expected = withAdapters(lora);
        assertArrayEquals(expected, withAdapters(converted));
        assertArrayEquals(expected, withAdapters(temporary.resolve("converted")), "by its folder");
        Path back = loader.convert(folder, converted, AdapterForm.DIFFUSERS, temporary.resolve("mine.safetensors"));
        assertEquals(temporary.resolve("mine.safetensors"), back);
        assertArrayEquals(Files.readAllBytes(lora), Files.readAllBytes(back));
    }

    @Test
    void a_merged_model_predicts_what_model_and_adapters_do() {
        Path merged = loader.merge(folder, lora, temporary.resolve("merged"));
        double[] expected = withAdapters(lora);
        double[] found = plain(merged);
        double distance = 0;
        double size = 0;
        double moved = 0;
        double[] before = plain(folder);
        for (int i = 0; i < expected.length; i++) {
            distance = Math.max(distance, Math.abs(expected[i] - found[i]));
            moved = Math.max(moved, Math.abs(expected[i] - before[i]));
            size = Math.max(size, Math.abs(expected[i]));
        }
        // Every weight is rounded to float32 once; the prediction itself is computed in float64.
        assertTrue(distance < 0x1p-20 * size, distance + " of " + size);
        assertTrue(moved > 0x1p-7 * size, "the adapters make a difference: " + moved);
    }

    @Test
    void a_merged_folder_is_complete_and_keeps_types_names_and_other_files() throws IOException {
        Files.writeString(folder.resolve("README.md"), "about");
        Files.writeString(folder.resolve("unet/diffusion_pytorch_model.bin"), "not merged");
        SafetensorsWriter writer =
                SafetensorsWriter.create().metadata("format", "pt").metadata("author", "somebody");
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(UNET_FILE))) {
            for (String name : file.names()) {
                writer.add(name, DataType.F16, () -> file.doubles(name), file.shape(name));
            }
            writer.write(folder.resolve("unet/diffusion_pytorch_model.fp16.safetensors"));
        }
        Files.delete(folder.resolve(UNET_FILE));
        Path merged = loader.merge(folder, lora, temporary.resolve("new/merged"));
        Path unet = merged.resolve("unet/diffusion_pytorch_model.fp16.safetensors");
        try (SafetensorsFile before =
                        SafetensorsFile.open(folder.resolve("unet").resolve(unet.getFileName()));
                SafetensorsFile after = SafetensorsFile.open(unet)) {
            assertEquals(before.names(), after.names());
            assertEquals(before.metadata(), after.metadata());
            for (String name : before.names()) {
                assertEquals(DataType.F16, after.type(name));
                boolean adapted = MODULES.stream().anyMatch(module -> ("." + name).endsWith("." + module + ".weight"));
                assertEquals(adapted, !Arrays.equals(before.doubles(name), after.doubles(name)), name);
            }
        }
        assertEquals("about", Files.readString(merged.resolve("README.md")));
        assertFalse(Files.exists(merged.resolve("unet/diffusion_pytorch_model.bin")), "it lacks the adapters");
        assertArrayEquals(
                Files.readAllBytes(folder.resolve("text_encoder/model.safetensors")),
                Files.readAllBytes(merged.resolve("text_encoder/model.safetensors")));
        loader.load(merged).close();
    }

    @Test
    void a_folder_that_exists_is_not_written_into_and_a_failure_leaves_nothing() throws IOException {
        Path target = Files.createDirectories(temporary.resolve("there"));
        PlumblineException e = assertThrows(PlumblineException.class, () -> loader.merge(folder, lora, target));
        assertEquals(StandardError.UNWRITABLE_OUTPUT, e.code());
        Path wrong = temporary.resolve("wrong/lora.safetensors");
        SafetensorsWriter.create()
                .add("unet.conv_in.lora_A.weight", new float[18], 1, 2, 3, 3)
                .add("unet.conv_in.lora_B.weight", new float[8], 8, 1, 1, 1)
                .write(wrong);
        e = assertThrows(PlumblineException.class, () -> loader.merge(folder, wrong, temporary.resolve("new/merged")));
        assertEquals(StandardError.WRONG_SHAPE, e.code());
        assertTrue(e.getMessage().contains("conv_in has 72 weights, its adapter would change 144"), e.getMessage());
        assertFalse(Files.exists(temporary.resolve("new")));
    }

    @Test
    void a_folder_is_looked_into() throws IOException {
        Files.writeString(folder.resolve("unet/diffusion_pytorch_model.bin"), "");
        ModelInspection found = loader.inspect(folder);
        assertEquals("model", found.name());
        assertEquals("DiffusionPipeline", found.kind());
        assertEquals(
                List.of("unet", "text_encoder", "tokenizer", "scheduler", "safety_checker"),
                found.components().stream().map(ModelInspection.Component::name).toList());
        ModelInspection.Component unet = found.components().get(0);
        try (DiffusionModel model = loader.load(folder)) {
            assertEquals(
                    model.trainable(new TrainableTarget.Full(List.of()))
                            .layout()
                            .size(),
                    unet.parameters());
        }
        assertEquals("UNet2DConditionModel", unet.type());
        assertEquals(List.of("diffusion_pytorch_model.safetensors"), unet.files());
        assertEquals(Map.of("F32", unet.tensors()), unet.dtypes());
        assertEquals(Files.size(folder.resolve(UNET_FILE)), unet.bytes());
        assertEquals("left out by the model's author", found.components().get(4).status());
        assertEquals("DDIMScheduler", found.facts().get("scheduler"));
        assertEquals("scaled_linear from 8.5E-4 to 0.012", found.facts().get("betas"));
        assertEquals("v_prediction", found.facts().get("prediction"));
        assertEquals("1 x 8 x 8", found.facts().get("latent"));
        assertEquals("yes", found.facts().get("can be run"));
        assertEquals(List.of(), found.unsupported());
        assertEquals(List.of("unet: not used: diffusion_pytorch_model.bin"), found.warnings());
    }

    @ParameterizedTest
    @EnumSource(FloatType.class)
    void a_random_model_is_complete_and_is_that_of_its_seed(FloatType type) throws IOException {
        Path drawn = loader.random(folder, type, 7, temporary.resolve("drawn"));
        Path again = loader.random(folder, type, 7, temporary.resolve("again"));
        assertArrayEquals(Files.readAllBytes(drawn.resolve(UNET_FILE)), Files.readAllBytes(again.resolve(UNET_FILE)));
        ModelInspection found = loader.inspect(drawn);
        assertEquals("yes", found.facts().get("can be run"), found.unsupported().toString());
        ModelInspection.Component unet = found.components().get(0);
        assertEquals(1, unet.dtypes().size());
        assertEquals(Objects.requireNonNull(unet.cost()).parameters(), unet.parameters());
        try (SafetensorsFile file = SafetensorsFile.open(drawn.resolve(UNET_FILE))) {
            assertEquals(
                    type == FloatType.FLOAT32 ? 4 : 2,
                    file.type("conv_in.weight").bytes());
        }
        if (type == FloatType.FLOAT32) {
            Path other = loader.random(folder, type, 8, temporary.resolve("other"));
            assertFalse(Arrays.equals(
                    Files.readAllBytes(drawn.resolve(UNET_FILE)), Files.readAllBytes(other.resolve(UNET_FILE))));
        }
    }

    @Test
    void the_cost_of_a_network_is_counted_without_its_weights() throws IOException {
        Files.delete(folder.resolve(UNET_FILE));
        ModelInspection found = loader.inspect(folder);
        assertTrue(Objects.requireNonNull(found.components().get(0).cost()).multiplyAdds() > 0);
        assertEquals("no", found.facts().get("can be run"));
        assertTrue(
                found.unsupported().get(0).contains("there is no file"),
                found.unsupported().toString());
    }

    @Test
    void a_folder_that_cannot_be_run_is_looked_into_with_the_reason() throws IOException {
        Path config = folder.resolve("unet/config.json");
        Files.writeString(
                config,
                Files.readString(config).replace("\"layers_per_block\"", "\"act_fn\": \"mish\", \"layers_per_block\""));
        byte[] bytes = Files.readAllBytes(folder.resolve("text_encoder/model.safetensors"));
        Files.write(folder.resolve("text_encoder/model.safetensors"), Arrays.copyOf(bytes, bytes.length - 3));
        ModelInspection found = loader.inspect(folder);
        assertEquals("no", found.facts().get("can be run"));
        assertTrue(
                found.unsupported().get(0).contains("act_fn"),
                found.unsupported().toString());
        assertTrue(found.components().get(0).parameters() > 0, "the denoiser's file is whole");
        assertTrue(
                found.components().get(1).status().contains("truncated"),
                found.components().toString());
    }

    @ParameterizedTest
    @EnumSource(AdapterForm.class)
    void adapters_are_looked_into(AdapterForm form) {
        Path converted = loader.convert(folder, lora, form, temporary.resolve("converted"));
        ModelInspection found = loader.inspect(converted);
        assertEquals("low-rank adapters", found.kind());
        assertEquals(form.name().toLowerCase(Locale.ROOT), found.facts().get("form"));
        assertEquals("3", found.facts().get("rank"));
        assertEquals("5.0", found.facts().get("alpha"));
        String end = form == AdapterForm.KOHYA ? "to_out_0 (8)" : "to_out.0 (8)";
        assertTrue(found.facts().get("modules").contains(end), found.facts().toString());
        assertEquals(List.of(), found.unsupported());
    }

    @Test
    void other_files_are_looked_into_as_far_as_it_goes() throws IOException {
        Path checkpoint = temporary.resolve("sd.safetensors");
        SafetensorsWriter.create()
                .add("model.diffusion_model.out.2.bias", new float[4], 4)
                .write(checkpoint);
        ModelInspection found = loader.inspect(checkpoint);
        assertTrue(found.kind().startsWith("a checkpoint in one file"), found.kind());
        assertEquals(4, found.components().get(0).parameters());
        assertEquals(1, found.unsupported().size());
        Path text = temporary.resolve("te.safetensors");
        SafetensorsWriter.create()
                .add("lora_te_x.lora_down.weight", new float[4], 2, 2)
                .write(text);
        found = loader.inspect(text);
        assertTrue(
                found.unsupported().get(0).contains("text encoder"),
                found.unsupported().toString());
        assertEquals(4, found.components().get(0).parameters());
        assertThrows(PlumblineException.class, () -> loader.inspect(temporary.resolve("nothing")));
    }
}
