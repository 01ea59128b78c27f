package org.plumbline.plugins.model.diffusers;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.plugins.model.diffusers.network.Adapters;
import org.plumbline.plugins.model.diffusers.network.Autoencoder;
import org.plumbline.plugins.model.diffusers.network.AutoencoderConfig;
import org.plumbline.plugins.model.diffusers.network.ClipTextConfig;
import org.plumbline.plugins.model.diffusers.network.ClipTextGraph;
import org.plumbline.plugins.model.diffusers.network.ClipTextModel;
import org.plumbline.plugins.model.diffusers.network.DenoiserConfig;
import org.plumbline.plugins.model.diffusers.network.DenoiserGraph;
import org.plumbline.plugins.model.diffusers.network.DitConfig;
import org.plumbline.plugins.model.diffusers.network.LowRank;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.plugins.model.diffusers.network.Sd3Config;
import org.plumbline.plugins.model.diffusers.network.UNet2DConditionConfig;
import org.plumbline.plugins.model.diffusers.network.UNet2DConfig;
import org.plumbline.plugins.model.diffusers.network.UNet3DConfig;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.ModelInspection;
import org.plumbline.toolkit.graph.GraphCost;

/**
 * One network of a model folder by its class and configuration alone, whatever the other parts are.
 *
 * @param weights it owns
 * @param graph what a call of it computes; of the denoiser, with adapters on attention; of the autoencoder, decoding
 */
record PartNetwork(List<WeightSpec> weights, GraphDefinition graph) {
    /** Tokens of a prompt, where the denoiser's configuration does not say. */
    private static final int TOKENS = 77;

    private static final String LATENT = "latent";

    /** What a study trains if it says nothing else: where a denoiser's memory is counted, it is that of training these. */
    private static final Adapters USUAL = Adapters.on(new LowRank(4, 4), List.of("to_q", "to_k", "to_v", "to_out.0"));

    /** Builds it; empty if the class is none of a network that we have. */
    static Optional<PartNetwork> of(String type, ConfigFile config) {
        return switch (type) {
            case "UNet2DConditionModel" -> Optional.of(denoiser(UNet2DConditionConfig.read(config)));
            case "UNet3DConditionModel" -> Optional.of(denoiser(UNet3DConfig.read(config)));
            case "UNet2DModel" -> Optional.of(denoiser(UNet2DConfig.read(config)));
            case "SD3Transformer2DModel" -> Optional.of(denoiser(Sd3Config.read(config)));
            case "DiTTransformer2DModel" -> Optional.of(denoiser(DitConfig.read(config)));
            case "CLIPTextModel" -> Optional.of(text(ClipTextConfig.read(config, false)));
            case "CLIPTextModelWithProjection" -> Optional.of(text(ClipTextConfig.read(config, true)));
            case "AutoencoderKL" ->
                Optional.of(autoencoder(AutoencoderConfig.read(config), config.integer("sample_size", 512)));
            default -> Optional.empty();
        };
    }

    private static PartNetwork denoiser(DenoiserConfig config) {
        Scope scope = Scope.root(USUAL);
        DenoiserGraph graph = new DenoiserGraph("denoiser", config.build(scope), TOKENS);
        return new PartNetwork(scope.weights(), graph);
    }

    /** What a call costs whose gradient reaches the adapters. */
    ModelInspection.Cost cost() {
        GraphCost cost = GraphCost.of(graph, name -> name.endsWith(LowRank.A) || name.endsWith(LowRank.B));
        long parameters = weights.stream()
                .mapToLong(weight -> Arrays.stream(weight.shape()).reduce(1, (a, b) -> a * b))
                .sum();
        return new ModelInspection.Cost(
                parameters, cost.multiplyAdds(), cost.kept(), cost.keptInSegments(), cost.largest());
    }

    private static PartNetwork text(ClipTextConfig config) {
        Scope scope = Scope.root();
        ClipTextModel model = new ClipTextModel(scope, config);
        return new PartNetwork(scope.weights(), new ClipTextGraph("text encoder", model, config.positions()));
    }

    private static PartNetwork autoencoder(AutoencoderConfig config, int pixels) {
        Scope scope = Scope.root();
        Autoencoder model = new Autoencoder(scope, config);
        int size = pixels / config.pixelSize();
        return new PartNetwork(scope.weights(), new Decoding(model, size));
    }

    private record Decoding(Autoencoder model, int size) implements GraphDefinition {
        @Override
        public String name() {
            return "decoder";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(
                    new TensorSpec(LATENT, TensorSpec.BATCH, model.config().latent(), size, size));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            return model.decode(ops, Objects.requireNonNull(inputs.get(LATENT)));
        }
    }
}
