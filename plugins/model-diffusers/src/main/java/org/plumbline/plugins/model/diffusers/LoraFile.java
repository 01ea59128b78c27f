package org.plumbline.plugins.model.diffusers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/**
 * Adapters in the file {@code pytorch_lora_weights.safetensors}, which {@code load_lora_weights} of diffusers reads.
 *
 * <p>The file has no place for alpha, and its readers take alpha = rank. So B is written times alpha / rank, and divided by
 * it when it is read. Two ways of naming are read: diffusers' own, {@code unet.<layer>.lora.down.weight} and
 * {@code .lora.up.weight}, which is also written, and peft's, {@code unet.<layer>.lora_A.weight} and
 * {@code .lora_B.weight}; a file uses one of them throughout.
 *
 * @param layout of theta, by peft's names without {@code unet.}
 * @param scale alpha / rank
 */
record LoraFile(ParameterLayout layout, double scale) {
    private static final String NAME = "pytorch_lora_weights.safetensors";
    private static final String PREFIX = "unet.";
    private static final String A = ".lora_A.weight";
    private static final String B = ".lora_B.weight";
    private static final String DOWN = ".lora.down.weight";
    private static final String UP = ".lora.up.weight";

    /** Where newer files of peft's kind state rank and alpha. */
    private static final String METADATA = "lora_adapter_metadata";

    Path write(double[] theta, Path folder) {
        SafetensorsWriter writer = SafetensorsWriter.create().metadata("format", "pt");
        for (ParameterLayout.Entry entry : layout.entries()) {
            double factor = entry.name().endsWith(B) ? scale : 1;
            float[] values = new float[entry.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (factor * theta[entry.offset() + i]);
            }
            writer.add(inDiffusersWords(entry.name()), values, entry.shape());
        }
        Path path = folder.resolve(NAME);
        writer.write(path);
        return path;
    }

    private static String inDiffusersWords(String name) {
        return PREFIX
                + (name.endsWith(A)
                        ? name.substring(0, name.length() - A.length()) + DOWN
                        : name.substring(0, name.length() - B.length()) + UP);
    }

    /**
     * Reads theta.
     *
     * @param path the file or its folder
     */
    double[] read(Path path) {
        try (SafetensorsFile file = SafetensorsFile.open(Files.isDirectory(path) ? path.resolve(NAME) : path)) {
            boolean peft = file.names().stream().anyMatch(name -> name.endsWith(A) || name.endsWith(B));
            double rescale = storedScale(file) / scale;
            Set<String> left = new HashSet<>(file.names());
            List<String> problems = new ArrayList<>();
            double[] theta = new double[layout.size()];
            for (ParameterLayout.Entry entry : layout.entries()) {
                String name = peft ? PREFIX + entry.name() : inDiffusersWords(entry.name());
                if (!left.remove(name)) {
                    problems.add("missing: " + name);
                } else if (!Arrays.equals(file.shape(name), entry.shape())) {
                    problems.add("wrong shape: " + name + " is " + Arrays.toString(file.shape(name)) + ", not "
                            + Arrays.toString(entry.shape()));
                } else {
                    double factor = entry.name().endsWith(B) ? rescale : 1;
                    double[] values = file.doubles(name);
                    for (int i = 0; i < values.length; i++) {
                        theta[entry.offset() + i] = factor * values[i];
                    }
                }
            }
            left.stream().sorted().forEach(name -> problems.add("not expected: " + name));
            if (!problems.isEmpty()) {
                boolean onlyShapes = problems.stream().allMatch(problem -> problem.startsWith("wrong shape"));
                throw PlumblineException.of(onlyShapes ? StandardError.WRONG_SHAPE : StandardError.MALFORMED_FILE)
                        .asked("'" + file.path() + "' does not hold the adapters that were asked for:\n  "
                                + String.join("\n  ", problems) + "\n")
                        .remedy("ask for the rank and the modules that the file was made with")
                        .build();
            }
            return theta;
        }
    }

    private static double storedScale(SafetensorsFile file) {
        String metadata = file.metadata().get(METADATA);
        if (metadata == null) {
            return 1;
        }
        try {
            JsonNode json = JsonMapper.builder().build().readTree(metadata);
            double rank = json.path(PREFIX + "r").asDouble();
            double alpha = json.path(PREFIX + "lora_alpha").asDouble();
            return rank > 0 && alpha != 0 ? alpha / rank : 1;
        } catch (JsonProcessingException e) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("the entry " + METADATA + " of '" + file.path() + "' is not JSON: " + e.getOriginalMessage())
                    .cause(e)
                    .build();
        }
    }
}
