package org.plumbline.plugins.model.diffusers.network;

import java.util.Optional;

/** Which attention a stage of a U-Net has. */
sealed interface StageAttention {
    /** Makes one, or nothing if the stage has none. */
    Optional<ImageAttention> build(Scope scope, int channels);

    /** Residual blocks only. */
    record None() implements StageAttention {
        @Override
        public Optional<ImageAttention> build(Scope scope, int channels) {
            return Optional.empty();
        }
    }

    /**
     * {@link PixelAttention}.
     *
     * @param headWidth channels per head; 0: one head
     * @param groups of its norm; 0: it has none
     * @param eps of its norm
     * @param divisor of its result
     */
    record OfPixels(int headWidth, int groups, double eps, double divisor) implements StageAttention {
        @Override
        public Optional<ImageAttention> build(Scope scope, int channels) {
            int heads = headWidth == 0 ? 1 : channels / headWidth;
            return Optional.of(new PixelAttention(scope, channels, heads, groups, eps, divisor));
        }
    }

    /**
     * {@link Transformer}.
     *
     * @param heads number of heads
     * @param layers number of transformer blocks
     * @param linear whether its projections are linear layers
     * @param onlyCross whether its blocks attend to the condition twice and never to the pixels
     */
    record ToCondition(int heads, int layers, int conditionWidth, boolean linear, boolean onlyCross, int groups)
            implements StageAttention {
        @Override
        public Optional<ImageAttention> build(Scope scope, int channels) {
            return Optional.of(
                    new Transformer(scope, channels, heads, layers, conditionWidth, linear, onlyCross, groups));
        }
    }
}
