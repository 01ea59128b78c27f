package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;

/** The options that the configurations of both kinds of U-Net share. */
final class UNetFields {
    private UNetFields() {}

    static void refuseWhatWeDoNotHave(ConfigFile file) {
        file.only("act_fn", "silu", "swish");
        file.only("center_input_sample", false);
        file.only("class_embed_type");
        file.only("mid_block_scale_factor", 1);
        file.only("resnet_time_scale_shift", "default");
        file.only("time_embedding_type", "positional");
        // Dropout acts in training from scratch only, and there it is a matter of taste.
        file.ignore("dropout");
    }

    static void checkChannels(ConfigFile file, List<Integer> channels, int groups) {
        if (channels.isEmpty() || channels.stream().anyMatch(width -> width < 1)) {
            throw file.bad("block_out_channels", "a list of positive numbers");
        }
        if (groups < 1 || channels.stream().anyMatch(width -> width % groups != 0)) {
            throw file.bad("norm_num_groups", "a divisor of block_out_channels " + channels);
        }
        if (channels.get(0) % 2 != 0) {
            throw file.bad("block_out_channels", "even at its start, since half of it are sines and half cosines");
        }
    }

    static List<String> stageTypes(ConfigFile file, String key, List<String> whenAbsent, int stages) {
        List<String> types = file.texts(key, whenAbsent);
        if (types.size() != stages) {
            throw file.bad(key, "a list of " + stages + ", as long as block_out_channels");
        }
        return types;
    }

    /** The attention of each stage by the name of its type. */
    static List<StageAttention> attentions(
            ConfigFile file,
            String key,
            List<String> types,
            String without,
            String with,
            List<StageAttention> attentions) {
        List<StageAttention> chosen = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            if (types.get(i).equals(with)) {
                chosen.add(attentions.get(i));
            } else if (types.get(i).equals(without)) {
                chosen.add(new StageAttention.None());
            } else {
                throw file.unsupported(key, without + ", " + with);
            }
        }
        return chosen;
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
