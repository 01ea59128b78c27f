package org.plumbline.plugins.model.diffusers.network;

import java.util.List;

/**
 * What both kinds of U-Net have in common; {@link UNet2DConditionConfig} and {@link UNet2DConfig} read it from their files.
 *
 * @param in channels of the input
 * @param out channels of the output
 * @param height rows of the latent
 * @param width columns of the latent
 * @param channels of each stage on the way down
 * @param layers residual blocks of each stage on the way down; one more on the way up
 * @param downAttention of each stage on the way down
 * @param midAttention of the narrowest stage
 * @param upAttention of each stage on the way up, the narrowest first
 * @param groups of every group norm
 * @param eps of the group norms of residual blocks
 * @param downsamplePadding 0 or 1; see {@link Downsample}
 * @param timeWidth width of the time embedding
 * @param cosineFirst see {@link TimestepEmbedding}
 * @param frequencyShift see {@link TimestepEmbedding}
 * @param classes number of class labels; 0: not conditioned on classes
 * @param conditionWidth width of the condition; 0: not conditioned on text
 */
public record UNetConfig(
        int in,
        int out,
        int height,
        int width,
        List<Integer> channels,
        List<Integer> layers,
        List<StageAttention> downAttention,
        StageAttention midAttention,
        List<StageAttention> upAttention,
        int groups,
        double eps,
        int downsamplePadding,
        int timeWidth,
        boolean cosineFirst,
        double frequencyShift,
        int classes,
        int conditionWidth)
        implements DenoiserConfig {
    public UNetConfig {
        channels = List.copyOf(channels);
        layers = List.copyOf(layers);
        downAttention = List.copyOf(downAttention);
        upAttention = List.copyOf(upAttention);
    }

    ResnetBlock resnet(Scope scope, int from, int to) {
        return new ResnetBlock(scope, from, to, timeWidth, groups, eps);
    }

    @Override
    public long[] sampleShape() {
        return new long[] {in, height, width};
    }

    @Override
    public UNet build(Scope scope) {
        return new UNet(scope, this);
    }
}
