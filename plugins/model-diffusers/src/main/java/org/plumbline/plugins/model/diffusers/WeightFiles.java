package org.plumbline.plugins.model.diffusers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/**
 * The files that hold the weights of one network, open: a single one, or shards that agree with their index. The opener
 * closes it.
 */
final class WeightFiles implements AutoCloseable {
    private static final List<String> VARIANTS = List.of("", ".fp16", ".bf16");
    private static final String ENDING = ".safetensors";
    /** Ends of the names of files that hold weights, or say where they are. */
    static final List<String> ENDINGS =
            List.of(".safetensors", ".bin", ".ckpt", ".pt", ".pth", ".msgpack", ".h5", ".onnx", ".index.json");

    private static final List<String> PICKLED = List.of(".bin", ".ckpt", ".pt", ".pth");

    /** More lines than this are counted only. */
    private static final int LINES = 40;

    private final List<SafetensorsFile> files;
    private final Map<String, SafetensorsFile> tensors;

    private WeightFiles(List<SafetensorsFile> files, Map<String, SafetensorsFile> tensors) {
        this.files = files;
        this.tensors = tensors;
    }

    /**
     * Finds and opens the weights of a network.
     *
     * @param base name of the file without its ending
     */
    static WeightFiles open(Path folder, String base) {
        List<SafetensorsFile> files = new ArrayList<>();
        try {
            for (String variant : VARIANTS) {
                Path whole = folder.resolve(base + variant + ENDING);
                if (Files.isRegularFile(whole)) {
                    files.add(SafetensorsFile.open(whole));
                    Map<String, SafetensorsFile> tensors = new LinkedHashMap<>();
                    files.get(0).names().forEach(name -> tensors.put(name, files.get(0)));
                    return new WeightFiles(files, tensors);
                }
                for (String index : List.of(
                        base + ENDING + ".index" + variant + ".json", base + variant + ENDING + ".index.json")) {
                    if (Files.isRegularFile(folder.resolve(index))) {
                        return shards(folder, ConfigFile.read(folder.resolve(index)), files);
                    }
                }
            }
        } catch (RuntimeException e) {
            files.forEach(SafetensorsFile::close);
            throw e;
        }
        throw missing(folder, base);
    }

    private static PlumblineException missing(Path folder, String base) {
        List<String> pickled = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> all = Files.list(folder)) {
                all.map(file -> String.valueOf(file.getFileName()))
                        .filter(file -> PICKLED.stream().anyMatch(file::endsWith))
                        .sorted()
                        .forEach(pickled::add);
            } catch (IOException e) {
                throw PlumblineException.of(StandardError.MISSING_FILE)
                        .asked("'" + folder + "' cannot be read: " + e)
                        .cause(e)
                        .build();
            }
        }
        return PlumblineException.of(StandardError.MISSING_FILE)
                .asked("there is no file '" + folder.resolve(base + ENDING) + "'"
                        + (pickled.isEmpty() ? "" : ", only " + String.join(", ", pickled) + ", which are pickles"))
                .remedy(
                        pickled.isEmpty()
                                ? "name a complete model folder; also read are shards with an index, and names ending in"
                                        + " .fp16" + ENDING
                                : "convert the " + pickled.get(0).replaceFirst("^.*\\.", ".") + " file, which may hold"
                                        + " code, to safetensors: save_pretrained of diffusers does")
                .build();
    }

    private static WeightFiles shards(Path folder, ConfigFile index, List<SafetensorsFile> files) {
        Map<String, String> shardOfTensor = index.textMap("weight_map");
        Map<String, SafetensorsFile> shards = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        for (String name : new TreeSet<>(shardOfTensor.values())) {
            if (!Path.of(name).equals(Path.of(name).getFileName())) {
                throw PlumblineException.of(StandardError.MALFORMED_FILE)
                        .asked("'" + index.path() + "' names a shard '" + name + "'")
                        .available("names of files beside it, without folders")
                        .build();
            }
            if (!Files.isRegularFile(folder.resolve(name))) {
                problems.add("missing shard: " + name);
                continue;
            }
            SafetensorsFile shard = SafetensorsFile.open(folder.resolve(name));
            files.add(shard);
            shards.put(name, shard);
        }
        if (!problems.isEmpty()) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("not all shards that '" + index.path() + "' names are there:\n  "
                            + String.join("\n  ", problems))
                    .remedy("copy or download the missing ones")
                    .build();
        }
        Map<String, SafetensorsFile> tensors = new LinkedHashMap<>();
        shards.forEach((shard, file) -> {
            for (String tensor : file.names()) {
                String named = shardOfTensor.get(tensor);
                if (tensors.putIfAbsent(tensor, file) != null) {
                    problems.add("in two shards: " + tensor);
                } else if (named == null) {
                    problems.add("in " + shard + " but not in the index: " + tensor);
                } else if (!named.equals(shard)) {
                    problems.add("in " + shard + ", the index says " + named + ": " + tensor);
                }
            }
        });
        shardOfTensor.forEach((tensor, shard) -> {
            if (!tensors.containsKey(tensor)) {
                problems.add("not in " + shard + ", where the index says it is: " + tensor);
            }
        });
        if (!problems.isEmpty()) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("'" + index.path() + "' does not describe the shards beside it:\n  " + lines(problems))
                    .remedy("put an index and the shards it was written with together")
                    .build();
        }
        return new WeightFiles(files, tensors);
    }

    /** Some of many problems, one per line. */
    static String lines(List<String> problems) {
        List<String> shown = new ArrayList<>(problems.subList(0, Math.min(LINES, problems.size())));
        if (shown.size() < problems.size()) {
            shown.add("and " + (problems.size() - shown.size()) + " more");
        }
        return String.join("\n  ", shown);
    }

    /** All files. */
    List<SafetensorsFile> files() {
        return List.copyOf(files);
    }

    /** The file of every tensor. */
    Map<String, SafetensorsFile> tensors() {
        return tensors;
    }

    @Override
    public void close() {
        files.forEach(SafetensorsFile::close);
    }
}
