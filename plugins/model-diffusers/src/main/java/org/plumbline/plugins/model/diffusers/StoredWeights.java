package org.plumbline.plugins.model.diffusers;

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
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The weights of one network on disk, in one file or in shards, checked against what the network declares: every weight is
 * there, has its shape, and no tensor is left over. Values are read when they are asked for.
 */
final class StoredWeights implements WeightSource, AutoCloseable {
    /** Older files call the layers of pixel attention otherwise. */
    private static final Map<String, String> LEGACY =
            Map.of(".to_q.", ".query.", ".to_k.", ".key.", ".to_v.", ".value.", ".to_out.0.", ".proj_attn.");

    /** Entries of text network files that are no weights: the numbers 0, 1, 2 ... */
    private static final Set<String> NO_WEIGHTS =
            Set.of("text_model.embeddings.position_ids", "vision_model.embeddings.position_ids");

    /** How many tensors with numbers that are not finite are named. */
    private static final int NAMED = 20;

    private static final Logger LOG = LoggerFactory.getLogger(StoredWeights.class);

    private final WeightFiles files;
    private final Map<String, Place> places;
    private final Consumer<String> warnings;
    private final Set<String> notFinite = ConcurrentHashMap.newKeySet();

    /** Where a weight is stored, and the shape the network wants it in, which holds as many numbers. */
    private record Place(SafetensorsFile file, String name, long... shape) {}

    private StoredWeights(WeightFiles files, Map<String, Place> places, Consumer<String> warnings) {
        this.files = files;
        this.places = places;
        this.warnings = warnings;
    }

    /**
     * Finds and checks the weights of a network.
     *
     * @param base name of the file without its ending
     */
    static StoredWeights open(Path folder, String base, List<WeightSpec> wanted) {
        return open(folder, base, wanted, LOG::warn);
    }

    /**
     * Finds and checks the weights of a network.
     *
     * @param warnings hears of numbers that are not finite, when they are read
     */
    static StoredWeights open(Path folder, String base, List<WeightSpec> wanted, Consumer<String> warnings) {
        WeightFiles files = WeightFiles.open(folder, base);
        try {
            return new StoredWeights(files, match(folder, files.tensors(), wanted), warnings);
        } catch (RuntimeException e) {
            files.close();
            throw e;
        }
    }

    private static Map<String, Place> match(Path folder, Map<String, SafetensorsFile> stored, List<WeightSpec> wanted) {
        List<String> problems = new ArrayList<>();
        Map<String, Place> places = new LinkedHashMap<>();
        Set<String> used = new LinkedHashSet<>(NO_WEIGHTS);
        boolean onlyShapes = true;
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

    static Optional<String> storedName(String name, Set<String> stored) {
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
        return PlumblineException.of(onlyShapes ? StandardError.WRONG_SHAPE : StandardError.MALFORMED_FILE)
                .asked("the weights in '" + folder + "' are not those of its config.json:\n  "
                        + WeightFiles.lines(problems))
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
        float[] values = place.file.floats(place.name);
        int bad = 0;
        for (float value : values) {
            bad += Float.isFinite(value) ? 0 : 1;
        }
        warn(place, bad, values.length);
        return values;
    }

    @Override
    public double[] doubles(String name) {
        Place place = place(name);
        double[] values = place.file.doubles(place.name);
        int bad = 0;
        for (double value : values) {
            bad += Double.isFinite(value) ? 0 : 1;
        }
        warn(place, bad, values.length);
        return values;
    }

    /** Says it once per tensor: everything that is computed with such a weight will not be finite either. */
    private void warn(Place place, int bad, int of) {
        if (bad > 0 && notFinite.add(place.name)) {
            if (notFinite.size() <= NAMED) {
                warnings.accept(place.file.path() + ": " + bad + " of the " + of + " numbers of " + place.name
                        + " are not finite (NaN or infinite)");
            } else if (notFinite.size() == NAMED + 1) {
                warnings.accept(place.file.path() + ": further tensors with numbers that are not finite are not named");
            }
        }
    }

    @Override
    public void close() {
        files.close();
    }
}
