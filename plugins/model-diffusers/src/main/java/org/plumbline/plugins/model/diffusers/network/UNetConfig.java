package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import java.util.Optional;

/**
 * What both kinds of U-Net have in common; {@link UNet2DConditionConfig} and {@link UNet2DConfig} read it from their files.
 *
 * @param in channels of the input
 * @param out channels of the output
 * @param height rows of the latent
 * @param width columns of the latent
 * @param centered whether the input is taken from [0, 1] to [-1, 1] first
 * @param channels of each stage on the way down
 * @param layers residual blocks of each stage on the way down; one more on the way up
 * @param downAttention of each stage on the way down
 * @param downResizing how each stage on the way down ends
 * @param mid the narrowest stage
 * @param upAttention of each stage on the way up, the narrowest first
 * @param upResizing how each stage on the way up ends
 * @param resnet what all residual blocks share
 * @param downsamplePadding 0 or 1; see {@link Downsample}
 * @param timeWidth width of the time embedding
 * @param time what becomes of the time label
 * @param classes how a class is taken, by networks that are conditioned on one
 * @param conditionWidth width of the condition; 0: not conditioned on text
 * @param textTime what is added to the time embedding, by networks that have it
 */
public record UNetConfig(
        int in,
        int out,
        int height,
        int width,
        boolean centered,
        List<Integer> channels,
        List<Integer> layers,
        List<StageAttention> downAttention,
        List<Resizing> downResizing,
        Mid mid,
        List<StageAttention> upAttention,
        List<Resizing> upResizing,
        ResnetBlock.Style resnet,
        int downsamplePadding,
        int timeWidth,
        TimeFeatures.Kind time,
        Optional<ClassEmbedding.Config> classes,
        int conditionWidth,
        Optional<TextTime> textTime)
        implements DenoiserConfig {
    public UNetConfig {
        channels = List.copyOf(channels);
        layers = List.copyOf(layers);
        downAttention = List.copyOf(downAttention);
        downResizing = List.copyOf(downResizing);
        upAttention = List.copyOf(upAttention);
        upResizing = List.copyOf(upResizing);
    }

    /** What changes the size of the image between stages. */
    enum Resizing {
        /** A convolution of stride 2, or one behind doubled pixels. */
        CONVOLUTION,
        /** A residual block. */
        RESNET
    }

    /**
     * The narrowest stage.
     *
     * @param resnets number of residual blocks, 0 to 2; attention comes behind the first of two
     * @param attention behind the first block
     * @param divisor of the blocks' results
     */
    record Mid(int resnets, StageAttention attention, double divisor) {}

    ResnetBlock resnet(Scope scope, int from, int to) {
        return resnet(scope, from, to, ResnetBlock.Resampling.KEEP);
    }

    ResnetBlock resnet(Scope scope, int from, int to, ResnetBlock.Resampling resampling) {
        return new ResnetBlock(scope, from, to, resnet, resampling);
    }

    @Override
    public long[] sampleShape() {
        return new long[] {in, height, width};
    }

    @Override
    public UNet build(Scope scope) {
        return new UNet(scope, this);
    }

    @Override
    public Conditioning conditioning() {
        if (conditionWidth > 0) {
            return new Conditioning.Text(
                    conditionWidth, textTime.map(TextTime::pooledWidth).orElse(0));
        }
        return classes.<Conditioning>map(config -> new Conditioning.OfClass(classWidth(), config.classes()))
                .orElseGet(Conditioning.None::new);
    }

    /** Width of the class input; 0: the network takes no class. */
    public int classWidth() {
        return classes.map(config -> config.inputWidth(timeWidth)).orElse(0);
    }
}
