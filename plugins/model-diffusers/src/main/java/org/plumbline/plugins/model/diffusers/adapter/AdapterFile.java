package org.plumbline.plugins.model.diffusers.adapter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.plumbline.plugins.model.diffusers.network.LowRank;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.AdapterForm;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/** A file of adapters of one network, in whatever form. Matrices are read when they are asked for. The opener closes it. */
public final class AdapterFile implements AutoCloseable {
    /** Where newer versions of diffusers state rank and alpha, in peft's words. */
    private static final String METADATA = "lora_adapter_metadata";

    private static final List<String> USUAL =
            List.of(AdapterWriter.DIFFUSERS_FILE, AdapterWriter.PEFT_FILE, AdapterWriter.KOHYA_FILE);
    private static final int LINES = 40;
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private final SafetensorsFile file;
    private final AdapterForm form;
    private final Map<String, Entry> entries;

    /**
     * The adapter of a layer.
     *
     * @param size rank and alpha; alpha is the rank where the file does not say
     * @param saysAlpha whether the file says alpha
     * @param divisor what the second matrix is divided by; 1 for most
     * @param a name of the first matrix
     * @param b name of the second matrix
     */
    private record Entry(LowRank size, boolean saysAlpha, double divisor, String a, String b) {}

    private AdapterFile(SafetensorsFile file, AdapterForm form, Map<String, Entry> entries) {
        this.file = file;
        this.form = form;
        this.entries = entries;
    }

    /**
     * Opens a file.
     *
     * @param path the file or its folder
     * @param component the part of the model that it should adapt, for example {@code unet}
     * @param layers all layers of the network that could have an adapter; empty: unknown, every name is accepted
     * @throws PlumblineException if it holds anything else than complete low-rank adapters of these layers
     */
    public static AdapterFile open(Path path, String component, Collection<String> layers) {
        SafetensorsFile file = SafetensorsFile.open(Files.isDirectory(path) ? within(path) : path);
        try {
            return read(file, component, layers);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static Path within(Path folder) {
        for (String name : USUAL) {
            if (Files.isRegularFile(folder.resolve(name))) {
                return folder.resolve(name);
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> all = files.sorted().toList();
            List<Path> found = all.stream()
                    .filter(file -> file.toString().endsWith(".safetensors"))
                    .toList();
            if (found.size() == 1) {
                return found.get(0);
            }
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("'" + folder + "' holds " + (found.isEmpty() ? "no file" : found.size() + " files")
                            + " of adapters")
                    .available(all.stream()
                            .map(file -> String.valueOf(file.getFileName()))
                            .toList()
                            .toString())
                    .remedy("name the file; known names are " + String.join(", ", USUAL))
                    .build();
        } catch (IOException e) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("'" + folder + "' cannot be read: " + e)
                    .cause(e)
                    .build();
        }
    }

    private static AdapterFile read(SafetensorsFile file, String component, Collection<String> layers) {
        AdapterForm form = TensorName.form(file.names());
        Map<String, String> known = new LinkedHashMap<>();
        for (String layer : layers) {
            String other = known.put(TensorName.layer(layer, form), layer);
            if (other != null) {
                throw PlumblineException.of(StandardError.UNSUPPORTED)
                        .asked("the layers " + other + " and " + layer + " have one name in this form")
                        .build();
            }
        }
        List<String> problems = new ArrayList<>();
        Map<String, Map<TensorName.Part, String>> found = new LinkedHashMap<>();
        long ofText = 0;
        for (String name : file.names().stream().sorted().toList()) {
            if (TensorName.ofTextNetwork(name)) {
                ofText++;
                continue;
            }
            TensorName parsed = TensorName.parse(name, form, component).orElse(null);
            if (parsed == null) {
                problems.add("not a part of a plain low-rank adapter: " + name);
                continue;
            }
            String layer = layers.isEmpty() ? parsed.layer() : known.get(parsed.layer());
            if (layer == null) {
                problems.add("not a layer of the " + component + ": " + parsed.layer() + " (" + name + ")");
            } else if (found.computeIfAbsent(layer, fresh -> new EnumMap<>(TensorName.Part.class))
                            .put(parsed.part(), name)
                    != null) {
                problems.add("twice in the file: " + name);
            }
        }
        if (ofText > 0) {
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("'" + file.path() + "' also adapts the text encoder, by " + ofText + " tensors")
                    .available("adapters of the " + component)
                    .remedy("use a file that was made without training the text encoder; to apply a part of the"
                            + " adapters only would give other images than its author saw")
                    .build();
        }
        Config config = Config.of(file, form, component);
        Map<String, Entry> entries = new LinkedHashMap<>();
        for (String layer : layers.isEmpty() ? List.copyOf(found.keySet()) : layers) {
            Map<TensorName.Part, String> parts = found.get(layer);
            if (parts != null) {
                Optional<Entry> entry = entry(file, config, layer, parts, problems);
                entry.ifPresent(present -> entries.put(layer, present));
            }
        }
        if (found.isEmpty() && problems.isEmpty()) {
            problems.add("it has no tensors");
        }
        if (!problems.isEmpty()) {
            throw refused(file.path(), problems);
        }
        return new AdapterFile(file, form, entries);
    }

    private static Optional<Entry> entry(
            SafetensorsFile file,
            Config config,
            String layer,
            Map<TensorName.Part, String> parts,
            List<String> problems) {
        String a = parts.get(TensorName.Part.A);
        String b = parts.get(TensorName.Part.B);
        if (a == null || b == null) {
            problems.add("incomplete: " + layer + " has only " + parts.values());
            return Optional.empty();
        }
        long[] first = file.shape(a);
        long[] second = file.shape(b);
        if (first.length < 2 || second.length < 2 || first[0] != second[1] || first[0] < 1) {
            problems.add("wrong shape: " + a + " " + shape(first) + " and " + b + " " + shape(second)
                    + " have no rank in common");
            return Optional.empty();
        }
        int rank = Math.toIntExact(first[0]);
        PeftConfig said = config.said();
        if (said != null && said.rank(layer) != rank) {
            problems.add("wrong rank: " + layer + " has rank " + rank + ", the configuration says " + said.rank(layer));
            return Optional.empty();
        }
        String tensor = parts.get(TensorName.Part.ALPHA);
        double alpha = tensor != null ? number(file, tensor) : said != null ? said.alpha(layer, rank) : rank;
        if (!Double.isFinite(alpha) || alpha == 0) {
            problems.add("impossible: alpha " + alpha + " of " + layer);
            return Optional.empty();
        }
        LowRank size = new LowRank(rank, alpha);
        return Optional.of(new Entry(size, tensor != null || said != null, config.folded() ? size.scale() : 1, a, b));
    }

    private static String shape(long... shape) {
        return Arrays.toString(shape);
    }

    private static double number(SafetensorsFile file, String name) {
        double[] values = file.doubles(name);
        return values.length == 1 ? values[0] : Double.NaN;
    }

    private static PlumblineException refused(Path path, List<String> problems) {
        List<String> shown = new ArrayList<>(problems.subList(0, Math.min(LINES, problems.size())));
        if (shown.size() < problems.size()) {
            shown.add("and " + (problems.size() - shown.size()) + " more");
        }
        boolean onlyShapes = problems.stream().allMatch(problem -> problem.startsWith("wrong shape"));
        return PlumblineException.of(onlyShapes ? StandardError.WRONG_SHAPE : StandardError.MALFORMED_FILE)
                .asked("'" + path + "' does not hold low-rank adapters of this model:\n  " + String.join("\n  ", shown))
                .remedy("name a file that was trained on this kind of model; other ways of adapting (LoHa, LoKr, DoRA,"
                        + " OFT) are not known here")
                .build();
    }

    /**
     * Where alpha is said.
     *
     * @param said rank and alpha in peft's words; null if the file has none
     * @param folded whether the second matrices were multiplied by alpha / rank
     */
    private record Config(@Nullable PeftConfig said, boolean folded) {
        static Config of(SafetensorsFile file, AdapterForm form, String component) {
            String folded = file.metadata().get(AdapterWriter.FOLDED);
            if (folded != null && form == AdapterForm.DIFFUSERS) {
                String where = "the entry " + AdapterWriter.FOLDED + " of '" + file.path() + "'";
                return new Config(PeftConfig.read(parse(folded, where), "", where), true);
            }
            String metadata = file.metadata().get(METADATA);
            if (metadata != null) {
                String where = "the entry " + METADATA + " of '" + file.path() + "'";
                JsonNode json = parse(metadata, where);
                boolean prefixed = json.has(component + ".r");
                return new Config(PeftConfig.read(json, prefixed ? component + "." : "", where), false);
            }
            Path beside = file.path().resolveSibling(AdapterWriter.PEFT_CONFIG);
            if (form == AdapterForm.PEFT && !Files.isRegularFile(beside)) {
                throw PlumblineException.of(StandardError.MISSING_FILE)
                        .asked("there is no file '" + beside + "', which says rank and alpha of the adapters beside it")
                        .remedy("copy the whole folder that peft saved")
                        .build();
            }
            return form == AdapterForm.PEFT
                    ? new Config(
                            PeftConfig.read(parse(text(beside), "'" + beside + "'"), "", "'" + beside + "'"), false)
                    : new Config(null, false);
        }

        private static String text(Path path) {
            try {
                return Files.readString(path);
            } catch (IOException e) {
                throw PlumblineException.of(StandardError.MISSING_FILE)
                        .asked("'" + path + "' cannot be read: " + e)
                        .cause(e)
                        .build();
            }
        }

        private static JsonNode parse(String text, String where) {
            try {
                return JSON.readTree(text);
            } catch (JsonProcessingException e) {
                throw PlumblineException.of(StandardError.MALFORMED_FILE)
                        .asked(where + " is not JSON: " + e.getOriginalMessage())
                        .cause(e)
                        .build();
            }
        }
    }

    /** Where it lies. */
    public Path path() {
        return file.path();
    }

    /** Its form. */
    public AdapterForm form() {
        return form;
    }

    /** Rank and alpha of every adapter, by layer in the network's order. */
    public Map<String, LowRank> sizes() {
        Map<String, LowRank> sizes = new LinkedHashMap<>();
        entries.forEach((layer, entry) -> sizes.put(layer, entry.size));
        return sizes;
    }

    /** Whether the file says the alpha of every adapter; where it does not, alpha is taken to be the rank. */
    public boolean saysAlpha() {
        return entries.values().stream().allMatch(Entry::saysAlpha);
    }

    /** Sizes of a layer's first matrix. */
    public long[] shapeOfA(String layer) {
        return file.shape(entry(layer).a);
    }

    /** Sizes of a layer's second matrix. */
    public long[] shapeOfB(String layer) {
        return file.shape(entry(layer).b);
    }

    /** A layer's first matrix, row-major. */
    public double[] a(String layer) {
        return file.doubles(entry(layer).a);
    }

    /** A layer's second matrix, row-major, to be scaled by the adapter's {@link LowRank#scale()}. */
    public double[] b(String layer) {
        Entry entry = entry(layer);
        double[] values = file.doubles(entry.b);
        if (entry.divisor != 1) {
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (values[i] / entry.divisor);
            }
        }
        return values;
    }

    private Entry entry(String layer) {
        return Objects.requireNonNull(entries.get(layer), layer);
    }

    @Override
    public void close() {
        file.close();
    }
}
