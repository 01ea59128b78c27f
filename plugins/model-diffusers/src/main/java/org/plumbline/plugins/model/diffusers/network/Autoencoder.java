package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;

/**
 * The variational autoencoder of latent diffusion (Rombach et al. 2022; diffusers: AutoencoderKL): from pictures to latents
 * an eighth as high and wide, and back. Both ways are residual blocks in stages, with attention in the narrowest.
 */
public final class Autoencoder {
    /** Beyond these the variance of a latent is as good as 0 or without bound. */
    private static final double LOWEST = -30;

    private static final double HIGHEST = 20;

    private final AutoencoderConfig config;
    private final Encoder encoder;
    private final Decoder decoder;
    private final @Nullable Conv2d quantConv;
    private final @Nullable Conv2d postQuantConv;

    /**
     * The distribution of a latent; all of it as the encoder says it, without scaling.
     *
     * @param mean [batch, latent, height, width]
     * @param logVariance of the same shape
     */
    public record Posterior<T>(T mean, T logVariance) {}

    /** Declares all weights in the scope. */
    public Autoencoder(Scope scope, AutoencoderConfig config) {
        this.config = config;
        int latent = config.latent();
        this.encoder = new Encoder(scope.in("encoder"), config);
        this.decoder = new Decoder(scope.in("decoder"), config);
        this.quantConv = config.quantConv() ? scope.conv("quant_conv", 2 * latent, 2 * latent, 1, 1, 0) : null;
        this.postQuantConv = config.postQuantConv() ? scope.conv("post_quant_conv", latent, latent, 1, 1, 0) : null;
    }

    /** What it was built from. */
    public AutoencoderConfig config() {
        return config;
    }

    /**
     * From pictures to latents.
     *
     * @param picture [batch, in, height, width], black at -1 and white at 1
     */
    public <T> Posterior<T> encode(Ops<T> ops, T picture) {
        T both = encoder.apply(ops, picture);
        both = quantConv == null ? both : quantConv.apply(ops, both);
        T mean = ops.slice(both, 1, 0, config.latent());
        T logVariance = ops.slice(both, 1, config.latent(), 2L * config.latent());
        return new Posterior<>(mean, ops.clamp(logVariance, LOWEST, HIGHEST));
    }

    /**
     * From latents, as the encoder says them, to pictures.
     *
     * @param latent [batch, latent, height, width]
     * @return [batch, out, ...], black around -1 and white around 1
     */
    public <T> T decode(Ops<T> ops, T latent) {
        return decoder.apply(ops, postQuantConv == null ? latent : postQuantConv.apply(ops, latent));
    }

    /** From what a denoiser sees to what the encoder says. */
    public <T> T unscaled(Ops<T> ops, T latent) {
        T scaled = ops.scale(latent, 1 / config.scaling());
        return config.shift() == 0 ? scaled : ops.shift(scaled, config.shift());
    }

    private static final class Encoder {
        private final Conv2d convIn;
        private final List<List<ResnetBlock>> stages = new ArrayList<>();
        private final List<Downsample> downsamples = new ArrayList<>();
        private final MidBlock mid;
        private final GroupNorm norm;
        private final Conv2d convOut;

        Encoder(Scope scope, AutoencoderConfig config) {
            int count = config.channels().size();
            int width = config.channels().get(0);
            this.convIn = scope.conv("conv_in", config.in(), width, 3, 1, 1);
            for (int i = 0; i < count; i++) {
                Scope stage = scope.in("down_blocks", i);
                stages.add(resnets(stage, width, config.channels().get(i), config.layers(), config));
                width = config.channels().get(i);
                if (i < count - 1) {
                    downsamples.add(new Downsample(stage.in("downsamplers", 0), width, 0));
                }
            }
            this.mid = new MidBlock(scope.in("mid_block"), width, config.resnet(), config.mid());
            this.norm = config.norm(scope, width);
            this.convOut = scope.conv("conv_out", width, 2 * config.latent(), 3, 1, 1);
        }

        <T> T apply(Ops<T> ops, T x) {
            T h = convIn.apply(ops, x);
            for (int i = 0; i < stages.size(); i++) {
                h = applyAll(ops, stages.get(i), h);
                h = i < downsamples.size() ? ops.boundary(downsamples.get(i).apply(ops, h)) : h;
            }
            return convOut.apply(ops, ops.silu(norm.apply(ops, mid.apply(ops, h, null, null))));
        }
    }

    private static final class Decoder {
        private final Conv2d convIn;
        private final MidBlock mid;
        private final List<List<ResnetBlock>> stages = new ArrayList<>();
        private final List<Conv2d> upsamples = new ArrayList<>();
        private final GroupNorm norm;
        private final Conv2d convOut;

        Decoder(Scope scope, AutoencoderConfig config) {
            int count = config.channels().size();
            int width = config.channels().get(count - 1);
            this.convIn = scope.conv("conv_in", config.latent(), width, 3, 1, 1);
            this.mid = new MidBlock(scope.in("mid_block"), width, config.resnet(), config.mid());
            for (int i = 0; i < count; i++) {
                Scope stage = scope.in("up_blocks", i);
                int next = config.channels().get(count - 1 - i);
                stages.add(resnets(stage, width, next, config.layers() + 1, config));
                width = next;
                if (i < count - 1) {
                    upsamples.add(stage.in("upsamplers", 0).conv("conv", width, width, 3, 1, 1));
                }
            }
            this.norm = config.norm(scope, width);
            this.convOut = scope.conv("conv_out", width, config.out(), 3, 1, 1);
        }

        <T> T apply(Ops<T> ops, T x) {
            T h = mid.apply(ops, ops.boundary(convIn.apply(ops, x)), null, null);
            for (int i = 0; i < stages.size(); i++) {
                h = applyAll(ops, stages.get(i), h);
                if (i < upsamples.size()) {
                    h = ops.boundary(upsamples.get(i).apply(ops, ops.upsampleNearest2x(h)));
                }
            }
            return convOut.apply(ops, ops.silu(norm.apply(ops, h)));
        }
    }

    private static List<ResnetBlock> resnets(Scope stage, int from, int to, int count, AutoencoderConfig config) {
        List<ResnetBlock> resnets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            resnets.add(new ResnetBlock(
                    stage.in("resnets", i), i == 0 ? from : to, to, config.resnet(), ResnetBlock.Resampling.KEEP));
        }
        return resnets;
    }

    private static <T> T applyAll(Ops<T> ops, List<ResnetBlock> resnets, T x) {
        T h = x;
        for (ResnetBlock resnet : resnets) {
            h = ops.boundary(resnet.apply(ops, h, null));
        }
        return h;
    }
}
