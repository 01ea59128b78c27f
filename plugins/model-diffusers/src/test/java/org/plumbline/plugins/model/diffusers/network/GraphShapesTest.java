package org.plumbline.plugins.model.diffusers.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.graph.CheckedGraph;

/** A network of the size of Stable Diffusion 2 fits together: its list of heads, its linear projections, four stages. */
class GraphShapesTest {
    @TempDir
    private Path folder;

    @Test
    void a_graph_asks_for_what_its_layers_declare_and_returns_the_latents_shape() throws IOException {
        ConfigFile file = ConfigFile.read(Files.writeString(folder.resolve("config.json"), """
                {"sample_size": 96, "attention_head_dim": [5, 10, 20, 20], "cross_attention_dim": 1024,
                 "use_linear_projection": true, "upcast_attention": true, "dual_cross_attention": false}
                """));
        Scope scope = Scope.root();
        UNet unet = new UNet(scope, UNet2DConditionConfig.read(file));
        ParameterLayout.Builder layout = ParameterLayout.builder();
        scope.weights().forEach(weight -> layout.add(weight.name(), weight.shape()));
        CheckedGraph checked =
                CheckedGraph.of(new DenoiserGraph("stable diffusion 2", unet, 77), WeightSource.none(), layout.build());
        assertEquals("[B, 4, 96, 96]", checked.output().toString());
        Set<String> declared = scope.weights().stream().map(WeightSpec::name).collect(Collectors.toSet());
        assertEquals(declared, new HashSet<>(checked.weights().keySet()));
        assertEquals(865_910_724, layout.build().size());
    }
}
