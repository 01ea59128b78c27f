package org.plumbline.plugins.model.diffusers;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.plugins.model.diffusers.original.CheckpointKind;
import org.plumbline.plugins.model.diffusers.original.OriginalNames;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.file.AtomicFile;
import org.plumbline.toolkit.file.AtomicFolder;
import org.plumbline.toolkit.safetensors.DataType;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a model folder of a checkpoint in one file: every weight that the networks of another folder declare is looked up
 * under its original name; the configurations, the tokenizer and the noise schedule are that folder's. Parts that only judge
 * finished pictures are left out, since their weights are not in the file.
 */
final class ImportedFolder {
    private static final Logger LOG = LoggerFactory.getLogger(ImportedFolder.class);
    private static final Set<DataType> NUMBERS = Set.of(DataType.F64, DataType.F32, DataType.F16, DataType.BF16);
    private static final String LAYERS = "text_model.encoder.layers.";

    private final Path file;
    private final ModelFolder like;
    private final Optional<DataType> type;
    private final Consumer<String> warnings;

    ImportedFolder(Path file, ModelFolder like, Optional<DataType> type) {
        this(file, like, type, LOG::warn);
    }

    /**
     * Prepares an import.
     *
     * @param like what is not in the file
     * @param type of the stored numbers; empty: each tensor's own
     * @param warnings hears of tensors that nobody needs
     */
    ImportedFolder(Path file, ModelFolder like, Optional<DataType> type, Consumer<String> warnings) {
        this.file = file;
        this.like = like;
        this.type = type;
        this.warnings = warnings;
    }

    /** A network, and what its weights are called in the file. */
    private record Part(ModelFolder.Component component, OriginalNames names) {}

    void write(Path target) {
        try (SafetensorsFile checkpoint = SafetensorsFile.open(file)) {
            refuseOtherKinds(checkpoint.names());
            List<Part> parts = new ArrayList<>();
            for (ModelFolder.Component component : like.components()) {
                parts.add(new Part(component, names(component, checkpoint.names())));
            }
            Set<String> unused = check(parts, checkpoint);
            AtomicFolder.write(target, into -> {
                for (Part part : parts) {
                    write(part, checkpoint, into);
                }
                writeOthers(into);
            });
            if (!unused.isEmpty()) {
                warnings.accept(file + ": not used:\n  " + WeightFiles.lines(List.copyOf(unused)));
            }
        }
    }

    private void refuseOtherKinds(Set<String> keys) {
        CheckpointKind kind = CheckpointKind.of(keys);
        if (kind != CheckpointKind.STABLE_DIFFUSION) {
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("'" + file + "' is " + kind.words() + kind.reason())
                    .available(CheckpointKind.STABLE_DIFFUSION.words())
                    .remedy(CheckpointKind.OTHERWISE)
                    .build();
        }
    }

    private OriginalNames names(ModelFolder.Component component, Set<String> keys) {
        List<String> weights =
                component.weights().stream().map(WeightSpec::name).toList();
        boolean onlyText = component.part().equals(ModelFolder.TEXT_ENCODER)
                && like.texts().size() == 1;
        if (component.type().equals("UNet2DConditionModel")) {
            return OriginalNames.unet(weights);
        }
        if (component.type().equals("AutoencoderKL")) {
            return OriginalNames.autoencoder(weights);
        }
        if (component.type().equals("CLIPTextModel") && onlyText) {
            long layers = weights.stream()
                    .filter(name -> name.startsWith(LAYERS))
                    .map(name -> name.substring(LAYERS.length(), name.indexOf('.', LAYERS.length())))
                    .distinct()
                    .count();
            return OriginalNames.text(Math.toIntExact(layers), keys);
        }
        throw PlumblineException.of(StandardError.INCOMPATIBLE)
                .asked("'" + like.path() + "' is no model folder of Stable Diffusion 1 or 2: its " + component.part()
                        + " is a " + component.type()
                        + (like.texts().size() > 1
                                ? ", and it has " + like.texts().size() + " text networks"
                                : ""))
                .available("a UNet2DConditionModel with one CLIPTextModel and an AutoencoderKL")
                .remedy("name a model folder of the file's architecture with --like")
                .build();
    }

    /** Refuses a file that lacks a weight or has further layers, and returns the tensors that nobody knows. */
    private Set<String> check(List<Part> parts, SafetensorsFile checkpoint) {
        List<String> problems = new ArrayList<>();
        Set<String> unused = new TreeSet<>(checkpoint.names());
        boolean onlyShapes = true;
        for (Part part : parts) {
            String prefix = part.names.prefix();
            if (checkpoint.names().stream().noneMatch(name -> name.startsWith(prefix))) {
                problems.add("missing: the whole " + part.component.part() + ", no name starts with " + prefix);
                onlyShapes = false;
                continue;
            }
            for (WeightSpec weight : part.component.weights()) {
                Optional<OriginalNames.Place> place = part.names.place(weight.name());
                if (place.isEmpty()) {
                    throw PlumblineException.of(StandardError.INCOMPATIBLE)
                            .asked("the " + part.component.part() + " of '" + like.path() + "' has " + weight.name()
                                    + ", a layer that the networks of Stable Diffusion 1 and 2 do not have")
                            .remedy("name a model folder of the file's architecture with --like")
                            .build();
                }
                String key = place.get().key();
                unused.remove(key);
                if (!checkpoint.contains(key)) {
                    problems.add("missing: " + key + " (" + part.component.part() + ": " + weight.name() + ") "
                            + Arrays.toString(weight.shape()));
                    onlyShapes = false;
                } else if (!NUMBERS.contains(checkpoint.type(key))) {
                    problems.add("no numbers with a point: " + key + " is " + checkpoint.type(key));
                    onlyShapes = false;
                } else if (!fits(checkpoint.shape(key), place.get().parts(), weight.shape())) {
                    problems.add("wrong shape: " + key + " (" + part.component.part() + ": " + weight.name() + ") is "
                            + Arrays.toString(checkpoint.shape(key)) + ", the configuration needs "
                            + (place.get().parts() == 1 ? "" : place.get().parts() + " times ")
                            + Arrays.toString(weight.shape()));
                }
            }
            for (String key : unused) {
                if (part.names.isLayer(key)) {
                    problems.add("not expected: " + key + " " + Arrays.toString(checkpoint.shape(key)));
                    onlyShapes = false;
                }
            }
        }
        if (!problems.isEmpty()) {
            throw PlumblineException.of(onlyShapes ? StandardError.WRONG_SHAPE : StandardError.MALFORMED_FILE)
                    .asked("the weights in '" + file + "' are not those of the configurations in '" + like.path()
                            + "':\n  " + WeightFiles.lines(problems) + "\n")
                    .remedy(
                            "name a model folder of the file's architecture with --like, and a file that holds the whole"
                                    + " model")
                    .build();
        }
        unused.removeIf(CheckpointKind::isUsuallyUnused);
        return unused;
    }

    /** Equal, one of equal parts of the rows, or [a, b, 1, 1] for [a, b]: 1x1 convolutions compute what linear layers do. */
    private static boolean fits(long[] stored, int parts, long[] wanted) {
        long[] whole = withoutOnes(wanted);
        whole[0] *= parts;
        return Arrays.equals(withoutOnes(stored), whole);
    }

    private static long[] withoutOnes(long[] shape) {
        int length = shape.length;
        while (length > 2 && shape[length - 1] == 1) {
            length--;
        }
        return Arrays.copyOf(shape, length);
    }

    private void write(Part part, SafetensorsFile checkpoint, Path into) {
        SafetensorsWriter writer = SafetensorsWriter.create().metadata("format", "pt");
        for (WeightSpec weight : part.component.weights()) {
            OriginalNames.Place place = part.names.place(weight.name()).orElseThrow();
            String key = place.key();
            long count = Arrays.stream(weight.shape()).reduce(1, (a, b) -> a * b);
            long from = place.part() * count;
            DataType own = checkpoint.type(key);
            DataType stored = type.orElse(own);
            if (stored == own) {
                writer.add(weight.name(), checkpoint, key, from, weight.shape());
            } else {
                writer.add(
                        weight.name(), stored, () -> convertible(checkpoint, key, from, count, stored), weight.shape());
            }
        }
        writer.write(into.resolve(part.component.part()).resolve(part.component.base() + ".safetensors"));
    }

    /** The numbers, none of which may become infinite. */
    private double[] convertible(SafetensorsFile checkpoint, String key, long from, long count, DataType stored) {
        double[] all = checkpoint.doubles(key);
        double[] values = count == all.length
                ? all
                : Arrays.copyOfRange(all, Math.toIntExact(from), Math.toIntExact(from + count));
        ByteBuffer number = ByteBuffer.allocate(stored.bytes());
        for (double value : values) {
            number.clear();
            stored.write(value, number);
            if (Double.isFinite(value) && !Double.isFinite(stored.read(number.flip()))) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("'" + file + "': " + key + " has the number " + value + ", which is too large for "
                                + stored)
                        .remedy("leave out --type, or ask for float32")
                        .build();
            }
        }
        return values;
    }

    /** The index last: without it a folder is no model. */
    private void writeOthers(Path into) throws IOException {
        for (Map.Entry<String, byte[]> other : like.files().entrySet()) {
            if (!other.getKey().equals(ModelFolder.INDEX)) {
                AtomicFile.write(into.resolve(other.getKey()), ByteBuffer.wrap(other.getValue()));
            }
        }
        Map<String, Object> index = new LinkedHashMap<>(like.index().file().asMap());
        index.replaceAll((part, entry) -> ModelFolder.IGNORED.contains(part) ? Arrays.asList(null, null) : entry);
        byte[] json =
                JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsBytes(index);
        AtomicFile.write(into.resolve(ModelFolder.INDEX), ByteBuffer.wrap(json));
    }
}
