package org.plumbline.plugins.model.diffusers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.plugins.model.diffusers.adapter.AdapterWriter;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.plugins.model.diffusers.network.Adapters;
import org.plumbline.plugins.model.diffusers.network.LowRank;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.plugins.model.diffusers.network.UNet;
import org.plumbline.plugins.model.diffusers.network.UNet2DConditionConfig;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.AdapterForm;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/** Keys and shapes of adapters for Stable Diffusion 1.5, made from the list of the keys of its weights. */
class AdapterKeysTest {
    private static final int RANK = 2;
    private static final LowRank SIZE = new LowRank(RANK, 3);
    private static final List<String> ATTENTION = List.of("to_q", "to_k", "to_v", "to_out.0");

    @TempDir
    private Path folder;

    @Test
    void on_attention_they_are_those_that_diffusers_writes() throws IOException {
        Map<String, List<Long>> expected = new TreeMap<>();
        weights().forEach((layer, shape) -> {
            if (ATTENTION.stream().anyMatch(end -> layer.endsWith("." + end))) {
                expected.put("unet." + layer + ".lora.down.weight", List.of((long) RANK, shape.get(1)));
                expected.put("unet." + layer + ".lora.up.weight", List.of(shape.get(0), (long) RANK));
            }
        });
        assertEquals(2 * 16 * 8, expected.size(), "16 transformers of two attentions of four layers");
        assertEquals(expected, written(AdapterForm.DIFFUSERS, ATTENTION));
    }

    @Test
    void on_all_linear_layers_and_convolutions_they_are_those_that_peft_writes() throws IOException {
        Map<String, List<Long>> expected = new TreeMap<>();
        weights().forEach((layer, shape) -> {
            List<Long> a = new ArrayList<>(shape);
            a.set(0, (long) RANK);
            List<Long> b = new ArrayList<>(List.of(shape.get(0), (long) RANK));
            b.addAll(shape.size() == 4 ? List.of(1L, 1L) : List.of());
            expected.put("base_model.model." + layer + ".lora_A.weight", a);
            expected.put("base_model.model." + layer + ".lora_B.weight", b);
        });
        assertEquals(2 * 282, expected.size());
        assertEquals(expected, written(AdapterForm.PEFT, everyEnd()));
    }

    @Test
    void on_all_linear_layers_and_convolutions_they_are_those_of_kohya() throws IOException {
        Map<String, List<Long>> expected = new TreeMap<>();
        weights().forEach((layer, shape) -> {
            String flat = "lora_unet_" + layer.replace('.', '_');
            List<Long> a = new ArrayList<>(shape);
            a.set(0, (long) RANK);
            List<Long> b = new ArrayList<>(List.of(shape.get(0), (long) RANK));
            b.addAll(shape.size() == 4 ? List.of(1L, 1L) : List.of());
            expected.put(flat + ".lora_down.weight", a);
            expected.put(flat + ".lora_up.weight", b);
            expected.put(flat + ".alpha", List.of());
        });
        assertEquals(expected, written(AdapterForm.KOHYA, everyEnd()));
    }

    private static List<String> everyEnd() throws IOException {
        return List.copyOf(weights().keySet());
    }

    /** The linear layers and convolutions of the network, with the shapes of their weights. */
    private static Map<String, List<Long>> weights() throws IOException {
        Map<String, List<Long>> weights = new LinkedHashMap<>();
        try (InputStream in =
                Objects.requireNonNull(AdapterKeysTest.class.getResourceAsStream("/golden/sd15_unet_keys.json"))) {
            for (Map.Entry<String, JsonNode> entry :
                    new ObjectMapper().readTree(in).properties()) {
                List<Long> shape = new ArrayList<>();
                entry.getValue().forEach(size -> shape.add(size.longValue()));
                if (shape.size() > 1) {
                    weights.put(entry.getKey().replaceFirst("\\.weight$", ""), shape);
                }
            }
        }
        return weights;
    }

    private Map<String, List<Long>> written(AdapterForm form, List<String> modules) throws IOException {
        Path json =
                Files.writeString(folder.resolve("config.json"), "{\"sample_size\": 64, \"cross_attention_dim\": 768}");
        Adapters adapters = Adapters.on(SIZE, modules);
        Scope scope = Scope.root(adapters);
        new UNet(scope, UNet2DConditionConfig.read(ConfigFile.read(json)));
        Map<String, LowRank> sizes = new LinkedHashMap<>();
        scope.layers().forEach(layer -> adapters.on(layer).ifPresent(size -> sizes.put(layer, size)));
        ParameterLayout layout = VectorWeights.layout(scope.adapterWeights());
        AdapterWriter writer = new AdapterWriter("unet", scope.layers(), sizes, layout);
        Path file = writer.write(form, new double[layout.size()], folder);
        Map<String, List<Long>> written = new TreeMap<>();
        try (SafetensorsFile stored = SafetensorsFile.open(file)) {
            for (String name : stored.names()) {
                written.put(name, Arrays.stream(stored.shape(name)).boxed().toList());
            }
        }
        return written;
    }
}
