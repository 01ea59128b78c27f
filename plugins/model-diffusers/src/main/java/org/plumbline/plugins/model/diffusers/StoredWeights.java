package org.plumbline.plugins.model.diffusers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/**
 * The weights of one network on disk, in one file or in shards, checked against what the network declares: every weight is
 * there, has its shape, and no tensor is left over. Values are read when they are asked for.
 */
final class StoredWeights implements WeightSource, AutoCloseable {
    /** Older files call the layers of pixel attention otherwise. */
    private static final Map<String, String> LEGACY =
            Map.of(".to_q.", ".query.", ".to_k.", ".key.", ".to_v.", ".value.", ".to_out.0.", ".proj_attn.");

    /** Entries of text network files that are no weights: the numbers 0, 1, 2 ... */
    private static final Set<String> NO_WEIGHTS = Set.of("text_model.embeddings.position_ids");

    private static final List<String> VARIANTS = List.of("", ".fp16", ".bf16");
    private static final String ENDING = ".safetensors";

    /** More lines than this are counted only. */
    private static final int LINES = 40;

    private final List<SafetensorsFile> files;
    private final Map<String, Place> places;

    /** Where a weight is stored, and the shape the network wants it in, which holds as many numbers. */
    private record Place(SafetensorsFile file, String name, long... shape) {}

    private StoredWeights(List<SafetensorsFile> files, Map<String, Place> places) {
        this.files = files;
        this.places = places;
    }

    /**
     * Finds and checks the weights of a network.
     *
     * @param base name of the file without its ending
     */
    static StoredWeights open(Path folder, String base, List<WeightSpec> wanted) {
        List<SafetensorsFile> files = new ArrayList<>();
        try {
            for (Path path : find(folder, base)) {
                files.add(SafetensorsFile.open(path));
            }
            return new StoredWeights(List.copyOf(files), match(folder, files, wanted));
        } catch (RuntimeException e) {
            files.forEach(SafetensorsFile::close);
            throw e;
        }
    }

    private static List<Path> find(Path folder, String base) {
        for (String variant : VARIANTS) {
            Path whole = folder.resolve(base + variant + ENDING);
            if (Files.isRegularFile(whole)) {
                return List.of(whole);
            }
            for (String index :
                    List.of(base + ENDING + ".index" + variant + ".json", base + variant + ENDING + ".index.json")) {
                if (Files.isRegularFile(folder.resolve(index))) {
                    return shards(folder, ConfigFile.read(folder.resolve(index)));
                }
            }
        }
        boolean pickled = Files.isRegularFile(folder.resolve(base + ".bin"))
                || Files.isRegularFile(folder.resolve("pytorch_model.bin"));
        throw PlumblineException.of(StandardError.MISSING_FILE)
                .asked("there is no file '" + folder.resolve(base + ENDING) + "'")
                .remedy(
                        pickled
                                ? "convert the .bin file, which may hold code, to safetensors: save_pretrained of diffusers does"
                                : "name a complete model folder; also read are shards with an index, and names ending in .fp16"
                                        + ENDING)
                .build();
    }

    private static List<Path> shards(Path folder, ConfigFile index) {
        Map<String, String> shardOfTensor = index.textMap("weight_map");
        Set<Path> paths = new LinkedHashSet<>();
        for (String file : shardOfTensor.values()) {
            if (!Path.of(file).equals(Path.of(file).getFileName())) {
                throw index.bad("weight_map", "names of files beside it");
            }
            paths.add(folder.resolve(file));
        }
        return List.copyOf(paths);
    }

    private static Map<String, Place> match(Path folder, List<SafetensorsFile> files, List<WeightSpec> wanted) {
        Map<String, SafetensorsFile> stored = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        for (SafetensorsFile file : files) {
            for (String name : file.names()) {
                if (stored.putIfAbsent(name, file) != null) {
                    problems.add("in two shards: " + name);
                }
            }
        }
        Map<String, Place> places = new LinkedHashMap<>();
        Set<String> used = new LinkedHashSet<>(NO_WEIGHTS);
        boolean onlyShapes = problems.isEmpty();
        for (WeightSpec spec : wanted) {
            Optional<String> name = storedName(spec.name(), stored.keySet());
            if (name.isEmpty()) {
                problems.add("missing: " + spec.name() + " " + Arrays.toString(spec.shape()));
                onlyShapes = false;
                continue;
            }
            used.add(name.get());
            SafetensorsFile file = Objects.requireNonNull(stored.get(name.get()));
            if (fits(file.shape(name.get()), spec.shape())) {
                places.put(spec.name(), new Place(file, name.get(), spec.shape()));
            } else {
                problems.add("wrong shape: " + name.get() + " is " + Arrays.toString(file.shape(name.get()))
                        + ", the configuration needs " + Arrays.toString(spec.shape()));
            }
        }
        for (Map.Entry<String, SafetensorsFile> entry : stored.entrySet()) {
            String name = entry.getKey();
            if (!used.contains(name)) {
                problems.add("not expected: " + name + " "
                        + Arrays.toString(entry.getValue().shape(name)));
                onlyShapes = false;
            }
        }
        if (!problems.isEmpty()) {
            throw mismatch(folder, problems, onlyShapes);
        }
        return places;
    }

    private static Optional<String> storedName(String name, Set<String> stored) {
        if (stored.contains(name)) {
            return Optional.of(name);
        }
        return LEGACY.entrySet().stream()
                .filter(entry -> name.contains(entry.getKey()))
                .map(entry -> name.replace(entry.getKey(), entry.getValue()))
                .filter(stored::contains)
                .findFirst();
    }

    /** Equal, or [a, b, 1, 1] for [a, b]: some older files hold the layers of attention as 1x1 convolutions. */
    private static boolean fits(long[] stored, long[] wanted) {
        return Arrays.equals(stored, wanted)
                || (wanted.length == 2
                        && stored.length == 4
                        && stored[2] == 1
                        && stored[3] == 1
                        && Arrays.equals(Arrays.copyOf(stored, 2), wanted));
    }

    private static PlumblineException mismatch(Path folder, List<String> problems, boolean onlyShapes) {
        List<String> shown = new ArrayList<>(problems.subList(0, Math.min(LINES, problems.size())));
        if (shown.size() < problems.size()) {
            shown.add("and " + (problems.size() - shown.size()) + " more");
        }
        return PlumblineException.of(onlyShapes ? StandardError.WRONG_SHAPE : StandardError.MALFORMED_FILE)
                .asked("the weights in '" + folder + "' are not those of its config.json:\n  "
                        + String.join("\n  ", shown) + "\n")
                .remedy("put config.json and weights of one model together")
                .build();
    }

    private Place place(String name) {
        Place place = places.get(name);
        if (place == null) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("the network has no weight '" + name + "'")
                    .available(String.join(", ", places.keySet()))
                    .build();
        }
        return place;
    }

    @Override
    public boolean contains(String name) {
        return places.containsKey(name);
    }

    @Override
    public long[] shape(String name) {
        return place(name).shape.clone();
    }

    @Override
    public float[] floats(String name) {
        Place place = place(name);
        return place.file.floats(place.name);
    }

    @Override
    public double[] doubles(String name) {
        Place place = place(name);
        return place.file.doubles(place.name);
    }

    @Override
    public void close() {
        files.forEach(SafetensorsFile::close);
    }
}
