package org.plumbline.plugins.model.diffusers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.plumbline.plugins.model.diffusers.adapter.AdapterFile;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.plugins.model.diffusers.network.Adapters;
import org.plumbline.plugins.model.diffusers.network.LowRank;
import org.plumbline.plugins.model.diffusers.original.CheckpointKind;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelInspection;
import org.plumbline.spi.model.ModelInspection.Component;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/**
 * Looks into a model folder, a folder of one network, a file of adapters, or any other safetensors file. Only
 * configurations and headers are read, and what is wrong with one part does not hide the others.
 */
final class FolderInspection {
    private static final String CONFIG = "config.json";
    private static final String ENDING = ".safetensors";

    /** Parts of layers' names, for files in which dots are underscores. */
    private static final List<String> FLAT_ENDS = List.of(
            "to_q",
            "to_k",
            "to_v",
            "to_out_0",
            "ff_net_0_proj",
            "ff_net_2",
            "proj_in",
            "proj_out",
            "conv1",
            "conv2",
            "conv_shortcut",
            "time_emb_proj",
            "downsamplers_0_conv",
            "upsamplers_0_conv",
            "conv_in",
            "conv_out");

    private final Path path;
    private final Function<Path, DiffusionModel> loader;
    private final List<Component> components = new ArrayList<>();
    private final Map<String, String> facts = new LinkedHashMap<>();
    private final List<String> unsupported = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    /**
     * Prepares a look.
     *
     * @param loader what tells whether a model can be run, by failing if not
     */
    FolderInspection(Path path, Function<Path, DiffusionModel> loader) {
        this.path = path;
        this.loader = loader;
    }

    ModelInspection make() {
        if (!Files.exists(path)) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("there is no file or folder '" + path + "'")
                    .build();
        }
        String kind = Files.isRegularFile(path.resolve(ModelFolder.INDEX))
                ? pipeline()
                : Files.isRegularFile(path.resolve(CONFIG)) ? network() : adapters();
        return new ModelInspection(
                String.valueOf(path.toAbsolutePath().normalize().getFileName()),
                kind,
                components,
                facts,
                unsupported,
                warnings);
    }

    // ---- model folders

    private String pipeline() {
        ConfigFile index = ConfigFile.read(path.resolve(ModelFolder.INDEX));
        for (String part : index.keys()) {
            if (!part.startsWith("_") && index.isList(part)) {
                components.add(component(index, part));
            }
        }
        attempt(() ->
                schedule(ConfigFile.read(path.resolve(ModelFolder.SCHEDULER).resolve("scheduler_config.json"))));
        String denoiser = components.stream().anyMatch(part -> part.name().equals(ModelFolder.TRANSFORMER))
                ? ModelFolder.TRANSFORMER
                : ModelFolder.UNET;
        attempt(() -> latent(ConfigFile.read(path.resolve(denoiser).resolve(CONFIG))));
        try (DiffusionModel model = loader.apply(path)) {
            facts.put("image", sizes(model.imageDecoder().imageShape()));
            facts.put("can be run", "yes");
        } catch (PlumblineException reason) {
            facts.put("can be run", "no");
            unsupported.add(inOneLine(reason));
            warnings.removeAll(unsupported);
        }
        return index.text("_class_name", "a pipeline without a class");
    }

    private Component component(ConfigFile index, String part) {
        if (index.isListOfNulls(part)) {
            return new Component(part, "", List.of(), Map.of(), 0, 0, 0, "left out by the model's author");
        }
        String type = attempt(() -> index.texts(part, List.of()).get(1)).orElse("");
        String role = ModelFolder.IGNORED.contains(part) ? "ignored: plays no role in making images" : "";
        Component found = component(part, type, path.resolve(part), role);
        Path config = path.resolve(part).resolve(CONFIG);
        if (!Files.isRegularFile(config)) {
            return found;
        }
        // What a network's own configuration has that we have not is named when the whole model is tried.
        try {
            return PartNetwork.of(type, ConfigFile.read(config))
                    .map(network -> found.with(network.cost()))
                    .orElse(found);
        } catch (PlumblineException notOurs) {
            return found;
        }
    }

    private Component component(String part, String type, Path folder, String role) {
        if (!Files.isDirectory(folder)) {
            return new Component(
                    part, type, List.of(), Map.of(), 0, 0, 0, role.isEmpty() ? "its folder is missing" : role);
        }
        List<String> names = names(folder);
        String base = names.stream().anyMatch(name -> name.startsWith("model")) ? "model" : ModelFolder.UNET_WEIGHTS;
        if (names.stream().noneMatch(name -> name.matches(".*\\.(safetensors|bin|ckpt|pt|msgpack|h5)"))) {
            long bytes =
                    names.stream().mapToLong(name -> size(folder.resolve(name))).sum();
            return new Component(part, type, List.of(), Map.of(), 0, 0, bytes, role);
        }
        try (WeightFiles weights = WeightFiles.open(folder, base)) {
            List<String> used = weights.files().stream()
                    .map(file -> String.valueOf(file.path().getFileName()))
                    .toList();
            List<String> others = names.stream()
                    .filter(name -> name.matches(".*\\.(safetensors|bin|ckpt|pt|msgpack|h5)") && !used.contains(name))
                    .toList();
            if (!others.isEmpty()) {
                warnings.add(part + ": not used: " + String.join(", ", others));
            }
            if (weights.tensors().keySet().stream().anyMatch(name -> name.contains(".query."))) {
                warnings.add(part + ": older names of the layers of attention (query, key, value, proj_attn)");
            }
            return counted(part, type, weights.files(), role);
        } catch (PlumblineException reason) {
            return new Component(part, type, List.of(), Map.of(), 0, 0, 0, inOneLine(reason));
        }
    }

    private static Component counted(String part, String type, List<SafetensorsFile> files, String status) {
        Map<String, Integer> dtypes = new TreeMap<>();
        int tensors = 0;
        long parameters = 0;
        long bytes = 0;
        for (SafetensorsFile file : files) {
            bytes += size(file.path());
            for (String name : file.names()) {
                tensors++;
                parameters += file.bytes(name) / file.type(name).bytes();
                dtypes.merge(file.type(name).name(), 1, Integer::sum);
            }
        }
        return new Component(
                part,
                type,
                files.stream()
                        .map(file -> String.valueOf(file.path().getFileName()))
                        .toList(),
                dtypes,
                tensors,
                parameters,
                bytes,
                status);
    }

    private void schedule(ConfigFile file) {
        facts.put("scheduler", file.text("_class_name", "not named"));
        if (file.has("trained_betas")) {
            facts.put("betas", "trained");
        } else if (file.has("beta_schedule")) {
            facts.put(
                    "betas",
                    file.text("beta_schedule", "") + " from " + file.number("beta_start", 0.0001) + " to "
                            + file.number("beta_end", 0.02));
        } else if (file.has("shift")) {
            facts.put("shift", String.valueOf(file.number("shift", 1)));
        }
        facts.put("training steps", String.valueOf(file.integer("num_train_timesteps", 1000)));
        if (file.has("prediction_type")) {
            facts.put("prediction", file.text("prediction_type", ""));
        }
        facts.put(
                "timestep spacing",
                file.text("timestep_spacing", "that of the class") + ", offset " + file.integer("steps_offset", 0));
        if (file.flag("rescale_betas_zero_snr", false)) {
            facts.put("last step", "rescaled to no signal");
        }
        if (file.flag("clip_sample", false)) {
            facts.put("clipping", "predicted images to " + file.number("clip_sample_range", 1));
        }
    }

    private void latent(ConfigFile file) {
        if (file.has("sample_size")) {
            List<Integer> size = file.integerOrList("sample_size", 2, 0);
            String frames = file.has("sample_frames") ? " x " + file.integer("sample_frames") : "";
            facts.put("latent", file.integer("in_channels", 4) + frames + " x " + size.get(0) + " x " + size.get(1));
        }
        if (file.has("cross_attention_dim")) {
            facts.put("width of the condition", String.valueOf(file.asMap().get("cross_attention_dim")));
        }
    }

    private static String sizes(long... shape) {
        return Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(" x "));
    }

    // ---- one network, adapters, other files

    private String network() {
        ConfigFile file = ConfigFile.read(path.resolve(CONFIG));
        String type = file.text("_class_name", "");
        String name = String.valueOf(path.toAbsolutePath().normalize().getFileName());
        components.add(component(name, type, path, ""));
        attempt(() -> latent(file));
        unsupported.add("a network alone is not a model: name the folder above, which has a " + ModelFolder.INDEX);
        return type.isEmpty() ? "a network" : type;
    }

    private String adapters() {
        try (AdapterFile file = AdapterFile.open(path, ModelFolder.UNET, List.of())) {
            Map<String, LowRank> sizes = file.sizes();
            facts.put("form", file.form().name().toLowerCase(Locale.ROOT));
            facts.put("layers", String.valueOf(sizes.size()));
            facts.put("rank", distinct(sizes, LowRank::rank));
            facts.put("alpha", file.saysAlpha() ? distinct(sizes, LowRank::alpha) : "not said: the rank");
            facts.put("scale (alpha / rank)", distinct(sizes, LowRank::scale));
            facts.put("modules", modules(sizes));
            try (SafetensorsFile raw = SafetensorsFile.open(file.path())) {
                components.add(counted(ModelFolder.UNET, "low-rank adapters", List.of(raw), ""));
            }
            return "low-rank adapters";
        } catch (PlumblineException reason) {
            return anything(reason);
        }
    }

    private static <V> String distinct(Map<String, LowRank> sizes, Function<LowRank, V> value) {
        return new TreeSet<>(sizes.values().stream().map(value).toList())
                .stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    /** The kinds of layers, each with how many there are. */
    private static String modules(Map<String, LowRank> sizes) {
        Map<String, Integer> counts = new TreeMap<>();
        for (String layer : sizes.keySet()) {
            String flat = FLAT_ENDS.stream()
                    .filter(end -> !layer.contains(".") && layer.endsWith("_" + end))
                    .findFirst()
                    .orElse("");
            counts.merge(flat.isEmpty() ? Adapters.end(layer) : flat, 1, Integer::sum);
        }
        return counts.entrySet().stream()
                .map(entry -> entry.getKey() + " (" + entry.getValue() + ")")
                .collect(Collectors.joining(", "));
    }

    /** Neither a model nor plain adapters, for this reason. */
    private String anything(PlumblineException reason) {
        List<Path> files = Files.isDirectory(path)
                ? names(path).stream()
                        .filter(name -> name.endsWith(ENDING))
                        .map(path::resolve)
                        .toList()
                : List.of(path);
        String kind = "no model";
        List<String> notUsed = new ArrayList<>(List.of(inOneLine(reason)));
        for (Path file : files) {
            try (SafetensorsFile open = SafetensorsFile.open(file)) {
                CheckpointKind checkpoint = CheckpointKind.of(open.names());
                boolean lora = open.names().stream().anyMatch(name -> name.contains("lora"));
                if (checkpoint == CheckpointKind.NONE) {
                    kind = lora ? "adapters that cannot be used" : "tensors";
                } else {
                    // That these are no adapters is beside the point.
                    kind = checkpoint.words();
                    notUsed.set(0, checkpoint.advice(file));
                }
                components.add(counted(String.valueOf(file.getFileName()), "", List.of(open), ""));
            } catch (PlumblineException broken) {
                if (!inOneLine(broken).equals(inOneLine(reason))) {
                    notUsed.add(inOneLine(broken));
                }
            }
        }
        unsupported.addAll(notUsed);
        return kind;
    }

    // ---- common

    private void attempt(Runnable look) {
        attempt(() -> {
            look.run();
            return true;
        });
    }

    /** What cannot be read is a reason why the model cannot be used, and does not hide the rest. */
    private <V> Optional<V> attempt(Supplier<V> look) {
        try {
            return Optional.of(look.get());
        } catch (PlumblineException reason) {
            warnings.add(inOneLine(reason));
            return Optional.empty();
        }
    }

    private static String inOneLine(PlumblineException reason) {
        return String.valueOf(reason.getMessage())
                .strip()
                .replaceAll(":\\s*\\n\\s*", ": ")
                .replaceAll("\\s*\\n\\s*", "; ");
    }

    private static List<String> names(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("'" + folder + "' cannot be read", e);
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException("'" + file + "' cannot be read", e);
        }
    }
}
