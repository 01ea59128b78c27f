package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;

/** The options that the configurations of both kinds of U-Net share. */
final class UNetFields {
    private UNetFields() {}

    static void refuseWhatWeDoNotHave(ConfigFile file) {
        file.only("act_fn", "silu", "swish");
        file.only("resnet_time_scale_shift", "default", "scale_shift");
        // Dropout acts in training from scratch only, and there it is a matter of taste.
        file.ignore("dropout");
    }

    static void checkChannels(ConfigFile file, List<Integer> channels, int groups) {
        checkWidths(file, channels, groups);
        if (channels.get(0) % 2 != 0) {
            throw file.bad("block_out_channels", "even at its start, since half of it are sines and half cosines");
        }
    }

    static void checkWidths(ConfigFile file, List<Integer> channels, int groups) {
        if (channels.isEmpty() || channels.stream().anyMatch(width -> width < 1)) {
            throw file.bad("block_out_channels", "a list of positive numbers");
        }
        if (groups < 1 || channels.stream().anyMatch(width -> width % groups != 0)) {
            throw file.bad("norm_num_groups", "a divisor of block_out_channels " + channels);
        }
    }

    static List<String> stageTypes(ConfigFile file, String key, List<String> whenAbsent, int stages) {
        List<String> types = file.texts(key, whenAbsent);
        if (types.size() != stages) {
            throw file.bad(key, "a list of " + stages + ", as long as block_out_channels");
        }
        return types;
    }

    /** The kinds of stages of one direction: their names in the file, and what they are made of. */
    record StageKind(boolean attention, UNetConfig.Resizing resizing) {
        private static final String OLD = "UNetRes";
        private static final StageKind PLAIN = new StageKind(false, UNetConfig.Resizing.CONVOLUTION);
        private static final StageKind RESNET = new StageKind(false, UNetConfig.Resizing.RESNET);

        /**
         * The kinds.
         *
         * @param direction {@code Down} or {@code Up}
         * @param attentive what the name of a stage with attention starts with
         * @param resizing how such a stage ends
         */
        static Map<String, StageKind> of(String direction, String attentive, UNetConfig.Resizing resizing) {
            Map<String, StageKind> kinds = new LinkedHashMap<>();
            kinds.put(direction + "Block2D", PLAIN);
            kinds.put(attentive + direction + "Block2D", new StageKind(true, resizing));
            kinds.put("Resnet" + direction + "sampleBlock2D", RESNET);
            return kinds;
        }

        static List<StageKind> choose(
                ConfigFile file, String key, List<String> whenAbsent, int stages, Map<String, StageKind> kinds) {
            List<StageKind> chosen = new ArrayList<>();
            for (String type : stageTypes(file, key, whenAbsent, stages)) {
                // The first files called DownBlock2D UNetResDownBlock2D.
                StageKind kind = kinds.get(type.startsWith(OLD) ? type.substring(OLD.length()) : type);
                if (kind == null) {
                    throw file.unsupported(key, String.join(", ", kinds.keySet()));
                }
                chosen.add(kind);
            }
            return chosen;
        }
    }

    /** The attention of the stages that have it. */
    static List<StageAttention> attentions(List<StageKind> kinds, List<StageAttention> attentions) {
        List<StageAttention> chosen = new ArrayList<>();
        for (int i = 0; i < kinds.size(); i++) {
            chosen.add(kinds.get(i).attention() ? attentions.get(i) : new StageAttention.None());
        }
        return chosen;
    }

    static List<UNetConfig.Resizing> resizings(List<StageKind> kinds) {
        return kinds.stream().map(StageKind::resizing).toList();
    }

    /** What all residual blocks share. */
    static ResnetBlock.Style resnet(ConfigFile file, int timeWidth, int groups) {
        boolean scaleShift = file.text("resnet_time_scale_shift", "default").equals("scale_shift");
        return new ResnetBlock.Style(timeWidth, groups, file.number("norm_eps", 1e-5), scaleShift, 1);
    }

    static double midDivisor(ConfigFile file) {
        double divisor = file.number("mid_block_scale_factor", 1);
        if (!(divisor > 0)) {
            throw file.bad("mid_block_scale_factor", "above 0");
        }
        return divisor;
    }

    static TimeFeatures.Positional positional(ConfigFile file) {
        return new TimeFeatures.Positional(file.flag("flip_sin_to_cos", true), file.number("freq_shift", 0));
    }

    /** How a class is taken, if one is. */
    static Optional<ClassEmbedding.Config> classes(ConfigFile file) {
        file.only("class_embed_type", "timestep", "identity");
        int classes = file.integer("num_class_embeds", 0);
        return switch (file.text("class_embed_type", "table")) {
            case "timestep" -> Optional.of(new ClassEmbedding.Config(ClassEmbedding.Kind.NUMBER, 0));
            case "identity" -> Optional.of(new ClassEmbedding.Config(ClassEmbedding.Kind.VECTOR, 0));
            default ->
                classes == 0
                        ? Optional.empty()
                        : Optional.of(new ClassEmbedding.Config(ClassEmbedding.Kind.TABLE, classes));
        };
    }

    static List<Integer> layers(ConfigFile file, int stages) {
        List<Integer> layers = file.integerOrList("layers_per_block", stages, 2);
        if (layers.stream().anyMatch(count -> count < 1)) {
            throw file.bad("layers_per_block", "at least 1");
        }
        return layers;
    }

    static int downsamplePadding(ConfigFile file) {
        file.only("downsample_padding", 0, 1);
        return file.integer("downsample_padding", 1);
    }

    /** Height and width of the latent: one number or two. Every stage but the last halves them. */
    static int[] sampleSize(ConfigFile file, int stages) {
        if (!file.has("sample_size")) {
            throw file.bad("sample_size", "the height and width of the latent");
        }
        List<Integer> size = file.integerOrList("sample_size", 2, 0);
        int step = 1 << (stages - 1);
        for (int length : size) {
            if (length < step || length % step != 0) {
                throw file.bad("sample_size", "a multiple of " + step + ", which " + stages + " stages divide by");
            }
        }
        return new int[] {size.get(0), size.get(1)};
    }
}
