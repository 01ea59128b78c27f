package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.model.Tokenizer;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/** A network of a folder by the class that its configuration names, with inputs and outputs as files of numbers call them. */
public interface GoldenGraph {
    /** Outputs that a cotangent belongs to if several have its shape. */
    Set<String> MAIN = Set.of("sample", "decoded", "image_embeds", "text_embeds");

    /** True if the output depends on the input. */
    boolean takes(String input, String output);

    /** Applies the network to inputs with plain names. */
    <T> T build(Ops<T> ops, Map<String, T> in, Wanted wanted);

    /**
     * An output that is wanted.
     *
     * @param outputs all that the file has
     */
    record Wanted(String output, SafetensorsFile numbers, Set<String> outputs) {
        /** The width of a vector per row. */
        long width() {
            return numbers.shape("out." + output)[1];
        }

        /** Of a network that projects, some files call the projected vector pooled and have no other. */
        boolean projected(int width, Set<String> otherNames) {
            return outputs.stream().noneMatch(otherNames::contains) && width() == width;
        }
    }

    /** The last part of a name: files may say to which group of arguments an input belongs. */
    static String plain(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }

    /** Builds the network that a configuration describes. */
    static GoldenGraph of(Scope scope, ConfigFile config) {
        String type = config.has("_class_name")
                ? config.text("_class_name")
                : config.texts("architectures", List.of()).get(0);
        return switch (type) {
            case "UNet2DModel" -> new OfUNet(new UNet(scope, UNet2DConfig.read(config)));
            case "UNet2DConditionModel" -> new OfUNet(new UNet(scope, UNet2DConditionConfig.read(config)));
            case "UNet3DConditionModel" -> new OfVideo(UNet3DConfig.read(config).build(scope));
            case "SD3Transformer2DModel" -> new OfSd3(Sd3Config.read(config).build(scope));
            case "DiTTransformer2DModel" -> new OfDit(DitConfig.read(config).build(scope));
            case "AutoencoderKL" -> new OfAutoencoder(new Autoencoder(scope, AutoencoderConfig.read(config)));
            case "CLIPTextModel", "CLIPTextModelWithProjection" ->
                new OfText(new ClipTextModel(scope, ClipTextConfig.read(config)));
            case "CLIPVisionModel", "CLIPVisionModelWithProjection" ->
                new OfVision(new ClipVisionModel(
                        scope, ClipVisionConfig.read(config, type.equals("CLIPVisionModelWithProjection"))));
            default -> throw new IllegalArgumentException("no network " + type);
        };
    }

    /** The first of some names that is there. */
    private static <T> T any(Map<String, T> in, String... names) {
        for (String name : names) {
            if (in.containsKey(name)) {
                return in.get(name);
            }
        }
        return null;
    }

    /** See {@link UNet}. */
    record OfUNet(UNet unet) implements GoldenGraph {
        @Override
        public boolean takes(String input, String output) {
            return Set.of("sample", "timestep", "timesteps", "encoder_hidden_states", "class_labels")
                            .contains(input)
                    || Set.of("text_embeds", "time_ids").contains(input);
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> in, Wanted wanted) {
            T classes = in.get("class_labels");
            UNetConfig config = unet.config();
            if (classes != null && config.classes().orElseThrow().kind() == ClassEmbedding.Kind.TABLE) {
                classes = ops.reshape(oneHot(ops, classes, config.classWidth()), -1, config.classWidth());
            } else if (classes != null) {
                classes = ops.reshape(classes, -1, config.classWidth());
            }
            return unet.apply(
                    ops,
                    in.get("sample"),
                    any(in, "timesteps", "timestep"),
                    new UNet.Conditions<>(
                            in.get("encoder_hidden_states"), classes, in.get("text_embeds"), in.get("time_ids")));
        }
    }

    /** See {@link UNet3D}. */
    record OfVideo(DenoiserNetwork unet) implements GoldenGraph {
        @Override
        public boolean takes(String input, String output) {
            return Set.of("sample", "timestep", "timesteps", "encoder_hidden_states")
                    .contains(input);
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> in, Wanted wanted) {
            return unet.apply(ops, in.get("sample"), any(in, "timesteps", "timestep"), in.get("encoder_hidden_states"));
        }
    }

    /** See {@link Sd3Transformer}. */
    record OfSd3(Sd3Transformer transformer) implements GoldenGraph {
        @Override
        public boolean takes(String input, String output) {
            return Set.of(
                            "hidden_states",
                            "sample",
                            "timestep",
                            "timesteps",
                            "encoder_hidden_states",
                            "pooled_projections")
                    .contains(input);
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> in, Wanted wanted) {
            return transformer.apply(
                    ops,
                    any(in, "hidden_states", "sample"),
                    any(in, "timestep", "timesteps"),
                    in.get("encoder_hidden_states"),
                    in.get("pooled_projections"));
        }
    }

    /** See {@link DitTransformer}. */
    record OfDit(DitTransformer transformer) implements GoldenGraph {
        @Override
        public boolean takes(String input, String output) {
            return Set.of("hidden_states", "sample", "timestep", "timesteps", "class_labels")
                    .contains(input);
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> in, Wanted wanted) {
            return transformer.apply(
                    ops,
                    any(in, "hidden_states", "sample"),
                    any(in, "timestep", "timesteps"),
                    oneHot(ops, in.get("class_labels"), transformer.config().classes()));
        }
    }

    /** [batch] to [batch, 1, count]. */
    private static <T> T oneHot(Ops<T> ops, T labels, int count) {
        return new ClassGraph("classes", count).build(ops, Map.of(Tokenizer.TOKENS, ops.reshape(labels, -1, 1)));
    }

    /** See {@link Autoencoder}. */
    record OfAutoencoder(Autoencoder autoencoder) implements GoldenGraph {
        private static final Set<String> LATENT = Set.of("latent", "latents", "z");

        @Override
        public boolean takes(String input, String output) {
            return encodes(output) ? Set.of("image", "sample", "images").contains(input) : LATENT.contains(input);
        }

        private static boolean encodes(String output) {
            return Set.of("mean", "logvar").contains(output);
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> in, Wanted wanted) {
            T input = in.values().iterator().next();
            if (!encodes(wanted.output())) {
                return autoencoder.decode(ops, input);
            }
            Autoencoder.Posterior<T> posterior = autoencoder.encode(ops, input);
            return wanted.output().equals("mean") ? posterior.mean() : posterior.logVariance();
        }
    }

    /** See {@link ClipTextModel}. */
    record OfText(ClipTextModel text) implements GoldenGraph {
        @Override
        public boolean takes(String input, String output) {
            return input.equals("input_ids");
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> in, Wanted wanted) {
            return text.apply(
                    ops,
                    in.get("input_ids"),
                    switch (wanted.output()) {
                        case "last_hidden_state" -> ClipTextModel.Output.LAST;
                        case "penultimate" -> ClipTextModel.Output.PENULTIMATE;
                        case "text_embeds", "projected" -> ClipTextModel.Output.PROJECTED;
                        case "pooled" ->
                            wanted.projected(text.config().projected(), Set.of("text_embeds", "projected"))
                                    ? ClipTextModel.Output.PROJECTED
                                    : ClipTextModel.Output.POOLED;
                        case "pooler_output" -> ClipTextModel.Output.POOLED;
                        default -> throw new IllegalArgumentException("no output " + wanted.output());
                    });
        }
    }

    /** See {@link ClipVisionModel}. */
    record OfVision(ClipVisionModel vision) implements GoldenGraph {
        @Override
        public boolean takes(String input, String output) {
            return Set.of("pixel_values", "image").contains(input);
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> in, Wanted wanted) {
            return vision.apply(
                    ops,
                    any(in, "pixel_values", "image"),
                    switch (wanted.output()) {
                        case "last_hidden_state" -> ClipVisionModel.Output.LAST;
                        case "penultimate" -> ClipVisionModel.Output.PENULTIMATE;
                        case "image_embeds", "projected" -> ClipVisionModel.Output.PROJECTED;
                        case "pooled" ->
                            wanted.projected(vision.config().projected(), Set.of("image_embeds", "projected"))
                                    ? ClipVisionModel.Output.PROJECTED
                                    : ClipVisionModel.Output.POOLED;
                        case "pooler_output" -> ClipVisionModel.Output.POOLED;
                        default -> throw new IllegalArgumentException("no output " + wanted.output());
                    });
        }
    }
}
