package org.plumbline.plugins.model.diffusers.network;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;

/**
 * The sizes of a {@link Sd3Transformer}.
 *
 * @param in channels of the input
 * @param out channels of the output
 * @param size height and width of the latent
 * @param patch height and width of a patch
 * @param width of the vectors
 * @param heads of every attention
 * @param layers how many blocks there are
 * @param conditionWidth width of a token's vector
 * @param pooledWidth width of the vector of the whole text
 * @param largest height and width, in patches, of the table of places
 * @param norms whether queries and keys are normalised
 * @param dual numbers of the blocks in which patches attend to themselves once more
 */
public record Sd3Config(
        int in,
        int out,
        int size,
        int patch,
        int width,
        int heads,
        int layers,
        int conditionWidth,
        int pooledWidth,
        int largest,
        boolean norms,
        Set<Integer> dual)
        implements DenoiserConfig {
    public Sd3Config {
        dual = Set.copyOf(dual);
    }

    /** Reads the configuration of an {@code SD3Transformer2DModel}. */
    public static Sd3Config read(ConfigFile file) {
        file.only("qk_norm", "rms_norm");
        int heads = file.integer("num_attention_heads", 18);
        int width = heads * file.integer("attention_head_dim", 64);
        if (heads < 1 || width % 4 != 0) {
            throw file.bad("num_attention_heads", "at least 1, times attention_head_dim a multiple of 4");
        }
        if (file.integer("caption_projection_dim", 1152) != width) {
            throw file.bad("caption_projection_dim", "num_attention_heads times attention_head_dim, " + width);
        }
        int in = file.integer("in_channels", 16);
        Sd3Config config = new Sd3Config(
                in,
                file.integer("out_channels", in),
                file.integer("sample_size", 128),
                file.integer("patch_size", 2),
                width,
                heads,
                file.integer("num_layers", 18),
                file.integer("joint_attention_dim", 4096),
                file.integer("pooled_projection_dim", 2048),
                file.integer("pos_embed_max_size", 96),
                file.has("qk_norm"),
                new HashSet<>(file.integers("dual_attention_layers", List.of())));
        if (config.patch < 1 || config.size % config.patch != 0) {
            throw file.bad("sample_size", "a multiple of patch_size " + config.patch);
        }
        if (config.largest < config.size / config.patch) {
            throw file.bad("pos_embed_max_size", "at least sample_size / patch_size");
        }
        file.reportUnread();
        return config;
    }

    @Override
    public long[] sampleShape() {
        return new long[] {in, size, size};
    }

    @Override
    public Conditioning conditioning() {
        return new Conditioning.Text(conditionWidth, pooledWidth);
    }

    @Override
    public Sd3Transformer build(Scope scope) {
        return new Sd3Transformer(scope, this);
    }
}
