package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import org.plumbline.spi.graph.Ops;

/**
 * What the larger Stable Diffusion adds to its time embedding: a vector for the whole prompt, and sines and cosines of the
 * sizes that the image had and is to have (diffusers: text_time).
 */
final class TextTimeEmbedding {
    private final TimeFeatures.Waves waves;
    private final TwoLayers layers;

    TextTimeEmbedding(Scope scope, TextTime config, TimeFeatures.Positional kind, int timeWidth) {
        this.waves = new TimeFeatures.Waves(config.numberWidth(), kind.cosineFirst(), kind.shift());
        this.layers = new TwoLayers(scope, config.inputWidth(), timeWidth);
    }

    /**
     * Applies it.
     *
     * @param pooled [batch, width of the prompt's vector]
     * @param numbers [batch, count]
     * @return [batch, timeWidth]
     */
    <T> T apply(Ops<T> ops, T pooled, T numbers) {
        long count = ops.shape(numbers)[1];
        T flat = ops.reshape(waves.ofEach(ops, numbers), -1, count * waves.width());
        return layers.apply(ops, ops.concat(1, List.of(pooled, flat)));
    }
}
