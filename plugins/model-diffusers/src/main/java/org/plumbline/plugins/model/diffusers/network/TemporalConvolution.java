package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.Window;

/**
 * Four normalised convolutions over three frames each, with a residual connection (diffusers: TemporalConvLayer). The last
 * one starts at zero, so that a network that knows images begins as it is.
 */
final class TemporalConvolution {
    private static final int LAYERS = 4;
    private static final int REACH = 3;
    private static final double EPS = 1e-5;

    /** Slides over the frames only, which stand where an image has its rows. */
    private static final Window OVER_FRAMES = new Window(1, 1, 1, 1, 1, 0, 1, 0);

    private final Frames frames;
    private final int channels;
    private final List<GroupNorm> norms = new ArrayList<>();
    private final List<String> convolutions = new ArrayList<>();

    TemporalConvolution(Scope scope, Frames frames, int channels, int groups) {
        this.frames = frames;
        this.channels = channels;
        for (int i = 1; i <= LAYERS; i++) {
            Scope layer = scope.in("conv" + i);
            norms.add(layer.groupNorm("0", groups, channels, EPS));
            // The numbers count the parts of a sequence, in which the second to fourth layer have a dropout more.
            String name = i == 1 ? "2" : "3";
            Initialiser start = i == LAYERS ? Initialiser.constant(0) : Initialiser.fanIn((long) channels * REACH);
            String weight = layer.weight(name + ".weight", start, channels, channels, REACH, 1, 1);
            layer.weight(name + ".bias", start, channels);
            convolutions.add(weight.substring(0, weight.length() - ".weight".length()));
        }
    }

    /** [batch x frames, channels, height, width] to the same. */
    <T> T apply(Ops<T> ops, T x) {
        long[] shape = ops.shape(x);
        T video = frames.together(ops, x);
        T h = ops.reshape(video, -1, channels, frames.count(), shape[2] * shape[3]);
        for (int i = 0; i < LAYERS; i++) {
            T w = ops.weight(convolutions.get(i) + ".weight", channels, channels, REACH, 1, 1);
            T kernel = ops.reshape(w, channels, channels, REACH, 1);
            T bias = ops.weight(convolutions.get(i) + ".bias", channels);
            h = ops.conv2d(ops.silu(norms.get(i).apply(ops, h)), kernel, bias, OVER_FRAMES, 1);
        }
        T change = ops.reshape(h, -1, channels, frames.count(), shape[2], shape[3]);
        return frames.apart(ops, ops.add(video, change));
    }
}
