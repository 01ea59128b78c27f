package org.plumbline.plugins.model.diffusers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.plugins.model.diffusers.network.Initialiser;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelInspection;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.toolkit.safetensors.DataType;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/** Weights that are not what a folder promises are refused with the reason; numbers that are none are warned of. */
class BadFilesTest {
    private static final String UNET_FILE = "unet/diffusion_pytorch_model.safetensors";

    @TempDir
    private Path temporary;

    private final DiffusersLoader loader = new DiffusersLoader();
    private Path folder = Path.of("");

    @BeforeEach
    void make_a_model() throws IOException {
        folder = temporary.resolve("model");
        try (UntrainedModel untrained = loader.untrained(TinyModel.textToImage(temporary.resolve("plan")))) {
            untrained.save(untrained.initial(7), folder);
        }
    }

    /** Divides the denoiser into two shards with an index. */
    private Map<String, String> shard() throws IOException {
        Map<String, String> index = new LinkedHashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(UNET_FILE))) {
            SafetensorsWriter first = SafetensorsWriter.create();
            SafetensorsWriter second = SafetensorsWriter.create();
            for (String name : file.names()) {
                boolean one = name.startsWith("conv");
                (one ? first : second).add(file, name);
                index.put(name, "part-" + (one ? 1 : 2) + ".safetensors");
            }
            first.write(folder.resolve("unet/part-1.safetensors"));
            second.write(folder.resolve("unet/part-2.safetensors"));
        }
        Files.delete(folder.resolve(UNET_FILE));
        write(index);
        return index;
    }

    private void write(Map<String, String> index) throws IOException {
        List<String> entries = new ArrayList<>();
        index.forEach((tensor, shard) -> entries.add("\"" + tensor + "\": \"" + shard + "\""));
        TinyModel.write(folder, UNET_FILE + ".index.json", "{\"weight_map\": {" + String.join(",", entries) + "}}");
    }

    private void assertRefused(StandardError code, String... parts) {
        PlumblineException e = assertThrows(PlumblineException.class, () -> loader.load(folder));
        for (String part : parts) {
            assertTrue(e.getMessage().contains(part), part + " in " + e.getMessage());
        }
        assertEquals(code, e.code());
    }

    @Test
    void a_missing_shard_is_named() throws IOException {
        shard();
        loader.load(folder).close();
        Files.delete(folder.resolve("unet/part-2.safetensors"));
        assertRefused(StandardError.MISSING_FILE, "missing shard: part-2.safetensors", "index.json");
    }

    @Test
    void a_tensor_that_the_index_places_elsewhere_is_named() throws IOException {
        Map<String, String> index = shard();
        index.put("conv_in.weight", "part-2.safetensors");
        write(index);
        assertRefused(
                StandardError.MALFORMED_FILE,
                "in part-1.safetensors, the index says part-2.safetensors: conv_in.weight");
    }

    @Test
    void tensors_that_only_the_index_or_only_a_shard_knows_are_named() throws IOException {
        Map<String, String> index = shard();
        index.remove("conv_in.bias");
        index.put("imagined", "part-2.safetensors");
        write(index);
        assertRefused(
                StandardError.MALFORMED_FILE,
                "in part-1.safetensors but not in the index: conv_in.bias",
                "not in part-2.safetensors, where the index says it is: imagined");
    }

    @Test
    void a_truncated_shard_is_refused() throws IOException {
        shard();
        Path part = folder.resolve("unet/part-2.safetensors");
        byte[] bytes = Files.readAllBytes(part);
        Files.write(part, Arrays.copyOf(bytes, bytes.length - 5));
        assertRefused(StandardError.MALFORMED_FILE, "part-2.safetensors", "truncated", "5 bytes after the end");
    }

    @ParameterizedTest
    @CsvSource({"diffusion_pytorch_model.bin", "model.ckpt", "weights.pt", "weights.pth"})
    void a_pickle_beside_nothing_is_named_with_how_to_convert_it(String name) throws IOException {
        Files.move(folder.resolve(UNET_FILE), folder.resolve("unet").resolve(name));
        assertRefused(StandardError.MISSING_FILE, "only " + name + ", which are pickles", "convert the .");
    }

    @Test
    void a_pickle_with_the_name_of_a_safetensors_file_is_not_read() throws IOException {
        Files.write(folder.resolve(UNET_FILE), new byte[] {'P', 'K', 3, 4, 0, 0, 8, 8, 0, 0, 0, 0});
        assertRefused(StandardError.MALFORMED_FILE, "zip archive", "never read here");
    }

    @Test
    void a_configuration_that_contradicts_the_weights_is_refused() throws IOException {
        Path config = folder.resolve("unet/config.json");
        Files.writeString(config, Files.readString(config).replace("[8, 16]", "[8, 24]"));
        assertRefused(StandardError.WRONG_SHAPE, "are not those of its config.json", "wrong shape: ");
    }

    @Test
    void a_configuration_of_another_class_than_the_index_says_is_refused() throws IOException {
        Path config = folder.resolve("unet/config.json");
        Files.writeString(config, Files.readString(config).replace("UNet2DConditionModel", "UNetOfOthers"));
        assertRefused(
                StandardError.MALFORMED_FILE, "_class_name", "should be UNet2DConditionModel", "is \"UNetOfOthers\"");
    }

    @Test
    void a_missing_tokenizer_is_named_as_a_folder() throws IOException {
        Files.move(folder.resolve("tokenizer"), temporary.resolve("elsewhere"));
        assertRefused(StandardError.MISSING_FILE, "there is no folder '" + folder.resolve("tokenizer") + "'");
    }

    @Test
    void a_shard_in_another_folder_is_named_alone() throws IOException {
        Map<String, String> index = shard();
        index.put("conv_in.weight", "../part-1.safetensors");
        write(index);
        assertRefused(StandardError.MALFORMED_FILE, "names a shard '../part-1.safetensors'; available");
    }

    @Test
    void what_is_wrong_is_one_line_of_an_inspection_and_not_a_warning_as_well() throws IOException {
        Path config = folder.resolve("unet/config.json");
        Files.writeString(config, "{,}");
        ModelInspection broken = loader.inspect(folder);
        assertEquals(1, broken.unsupported().size());
        assertTrue(
                broken.unsupported().get(0).contains("is not JSON"),
                () -> broken.unsupported().get(0));
        assertEquals(List.of(), broken.warnings());
    }

    @Test
    void several_things_wrong_are_listed_without_empty_entries() throws IOException {
        Path config = folder.resolve("unet/config.json");
        Files.writeString(config, Files.readString(config).replace("[8, 16]", "[8, 24]"));
        String reason = loader.inspect(folder).unsupported().get(0);
        assertTrue(reason.contains("config.json: wrong shape: "), reason);
        assertTrue(!reason.contains(";;") && !reason.contains("; ;"), reason);
    }

    @Test
    void a_part_to_train_that_is_not_there_is_answered_with_the_parts_that_are() {
        try (DiffusionModel model = loader.load(folder)) {
            PlumblineException refusal = assertThrows(
                    PlumblineException.class, () -> model.trainable(new TrainableTarget.Full(List.of("nowhere"))));
            String message = refusal.getMessage();
            assertTrue(message.contains("weights of conv_in, time_embedding, down_blocks.0, "), message);
            assertTrue(!message.contains("conv_in.weight"), message);
        }
    }

    @Test
    void numbers_that_are_not_finite_are_warned_of_once_when_they_are_read() {
        Path file = temporary.resolve("w/diffusion_pytorch_model.safetensors");
        SafetensorsWriter.create()
                .add("good", new float[] {1, 2}, 2)
                .add("bad", new float[] {1, Float.NaN, Float.NEGATIVE_INFINITY}, 3)
                .write(file);
        List<String> warnings = new ArrayList<>();
        List<WeightSpec> specs = List.of(
                new WeightSpec("good", Initialiser.constant(0), 2), new WeightSpec("bad", Initialiser.constant(0), 3));
        try (StoredWeights weights =
                StoredWeights.open(temporary.resolve("w"), "diffusion_pytorch_model", specs, warnings::add)) {
            weights.floats("good");
            assertEquals(List.of(), warnings);
            weights.floats("bad");
            weights.doubles("bad");
            assertEquals(List.of(file + ": 2 of the 3 numbers of bad are not finite (NaN or infinite)"), warnings);
        }
    }

    @Test
    void warnings_of_a_file_full_of_them_come_to_an_end() {
        SafetensorsWriter writer = SafetensorsWriter.create();
        List<WeightSpec> specs = IntStream.range(0, 50)
                .mapToObj(i -> new WeightSpec("t" + i, Initialiser.constant(0), 1))
                .toList();
        specs.forEach(spec -> writer.add(spec.name(), new float[] {Float.NaN}, 1));
        writer.write(temporary.resolve("w/x.safetensors"));
        List<String> warnings = new ArrayList<>();
        try (StoredWeights weights = StoredWeights.open(temporary.resolve("w"), "x", specs, warnings::add)) {
            specs.forEach(spec -> weights.floats(spec.name()));
        }
        assertEquals(21, warnings.size());
        assertTrue(warnings.get(20).endsWith("are not named"), warnings.get(20));
    }

    @ParameterizedTest
    @CsvSource({"F16, .fp16, ''", "BF16, .bf16, ''", "F16, '', ''", "F16, .fp16, sharded", "F64, '', ''"})
    void weights_of_any_width_and_variant_are_read_as_they_are_stored(DataType type, String variant, String sharded)
            throws IOException {
        String target = "unet/diffusion_pytorch_model" + variant + ".safetensors";
        Map<String, double[]> expected = new LinkedHashMap<>();
        SafetensorsWriter writer = SafetensorsWriter.create();
        List<String> index = new ArrayList<>();
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(UNET_FILE))) {
            for (String name : file.names()) {
                double[] values = file.doubles(name);
                expected.put(name, values);
                writer.add(name, type, () -> values, file.shape(name));
                index.add("\"" + name + "\": \"shard.safetensors\"");
            }
            writer.write(folder.resolve(sharded.isEmpty() ? target + ".new" : "unet/shard.safetensors"));
        }
        Files.delete(folder.resolve(UNET_FILE));
        if (sharded.isEmpty()) {
            Files.move(folder.resolve(target + ".new"), folder.resolve(target));
        } else {
            String name = "unet/diffusion_pytorch_model.safetensors.index" + variant + ".json";
            TinyModel.write(folder, name, "{\"weight_map\": {" + String.join(",", index) + "}}");
        }
        // The largest error of rounding to the nearest, relative and, for what is subnormal in float16, absolute.
        double unit = type == DataType.F16 ? 0x1p-11 : type == DataType.BF16 ? 0x1p-8 : 0;
        try (DiffusionModel model = loader.load(folder)) {
            expected.forEach((name, values) -> {
                double[] found = model.denoiserWeights().doubles(name);
                float[] floats = model.denoiserWeights().floats(name);
                for (int i = 0; i < found.length; i++) {
                    assertEquals(values[i], found[i], unit * Math.abs(values[i]) + (unit > 0 ? 0x1p-25 : 0), name);
                    assertEquals((float) found[i], floats[i]);
                }
                if (unit == 0) {
                    assertArrayEquals(values, found);
                }
            });
        }
    }
}
