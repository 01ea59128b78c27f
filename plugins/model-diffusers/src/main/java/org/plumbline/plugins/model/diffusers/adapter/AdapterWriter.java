package org.plumbline.plugins.model.diffusers.adapter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.plumbline.plugins.model.diffusers.network.Adapters;
import org.plumbline.plugins.model.diffusers.network.LowRank;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.AdapterForm;
import org.plumbline.toolkit.file.AtomicFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/**
 * Writes adapters in one of the forms; see the package description for what makes that exact.
 *
 * @param component the part of the model that is adapted, for example {@code unet}
 * @param layers all layers of the network that could have an adapter
 * @param sizes the adapters by layer
 * @param layout of theta, by {@link LowRank}'s names
 */
public record AdapterWriter(String component, List<String> layers, Map<String, LowRank> sizes, ParameterLayout layout) {
    static final String DIFFUSERS_FILE = "pytorch_lora_weights.safetensors";
    static final String PEFT_FILE = "adapter_model.safetensors";
    static final String PEFT_CONFIG = "adapter_config.json";
    static final String KOHYA_FILE = "lora.safetensors";

    /** Entry of the header that says by which alpha, in peft's words, the second matrices were multiplied. */
    static final String FOLDED = "plumbline_folded_alpha";

    private static final String ENDING = ".safetensors";
    private static final List<String> ATTENTION = List.of("to_q", "to_k", "to_v", "to_out.0");
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    public AdapterWriter {
        layers = List.copyOf(layers);
    }

    /**
     * Writes theta.
     *
     * @param target a folder, or a file that ends in {@code .safetensors}
     * @return the file with the numbers
     */
    public Path write(AdapterForm form, double[] theta, Path target) {
        SafetensorsWriter writer = SafetensorsWriter.create().metadata("format", "pt");
        if (form == AdapterForm.DIFFUSERS && sizes.values().stream().anyMatch(size -> size.scale() != 1)) {
            writer.metadata(FOLDED, json(JSON.writer(), PeftConfig.of(sizes).entries()));
        }
        boolean upDown = sizes.keySet().stream()
                .allMatch(layer -> ATTENTION.stream().anyMatch(module -> Adapters.matches(layer, module)));
        sizes.forEach((layer, size) -> {
            String a = TensorName.write(layer, TensorName.Part.A, form, component, upDown);
            ParameterLayout.Entry first = layout.entry(layer + LowRank.A);
            writer.addRounded(a, theta, first.offset(), first.shape());
            String b = TensorName.write(layer, TensorName.Part.B, form, component, upDown);
            ParameterLayout.Entry second = layout.entry(layer + LowRank.B);
            if (form == AdapterForm.DIFFUSERS) {
                addTimesScale(writer, b, theta, second, size.scale());
            } else {
                writer.addRounded(b, theta, second.offset(), second.shape());
            }
            if (form == AdapterForm.KOHYA) {
                addAlpha(writer, TensorName.write(layer, TensorName.Part.ALPHA, form, component, upDown), size.alpha());
            }
        });
        boolean file = String.valueOf(target.getFileName()).endsWith(ENDING);
        Path path = file ? target : target.resolve(fileName(form));
        if (form == AdapterForm.PEFT) {
            Map<String, Object> config = PeftConfig.of(sizes).file(PeftConfig.targets(sizes.keySet(), layers));
            AtomicFile.write(
                    path.resolveSibling(PEFT_CONFIG), json(JSON.writerWithDefaultPrettyPrinter(), config) + "\n");
        }
        writer.write(path);
        return path;
    }

    private static String fileName(AdapterForm form) {
        return switch (form) {
            case DIFFUSERS -> DIFFUSERS_FILE;
            case PEFT -> PEFT_FILE;
            case KOHYA -> KOHYA_FILE;
        };
    }

    /** The products in float32 if that holds every one of them, else in float64. */
    private static void addTimesScale(
            SafetensorsWriter writer, String name, double[] theta, ParameterLayout.Entry entry, double scale) {
        double[] products = new double[entry.size()];
        float[] rounded = new float[entry.size()];
        boolean exact = true;
        for (int i = 0; i < products.length; i++) {
            products[i] = scale * (float) theta[entry.offset() + i];
            rounded[i] = (float) products[i];
            exact &= rounded[i] == products[i] && rounded[i] / scale == (float) theta[entry.offset() + i];
        }
        if (exact) {
            writer.add(name, rounded, entry.shape());
        } else {
            writer.add(name, products, entry.shape());
        }
    }

    private static void addAlpha(SafetensorsWriter writer, String name, double alpha) {
        if ((float) alpha == alpha) {
            writer.add(name, new float[] {(float) alpha});
        } else {
            writer.add(name, new double[] {alpha});
        }
    }

    private static String json(ObjectWriter writer, Map<String, Object> object) {
        try {
            return writer.writeValueAsString(object);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("rank and alpha cannot be written", e);
        }
    }
}
