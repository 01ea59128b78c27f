package org.plumbline.plugins.model.diffusers.network;

/** What a denoiser is conditioned on; whatever it is arrives as one tensor, [batch, length, width]. */
public sealed interface Conditioning {
    /** Width of a row; 0: there is no condition. */
    int width();

    /** Rows of the condition of a prompt of so many tokens. */
    int length(int tokens);

    /** Nothing. */
    record None() implements Conditioning {
        @Override
        public int width() {
            return 0;
        }

        @Override
        public int length(int tokens) {
            return 0;
        }
    }

    /**
     * A text: the vectors of its tokens, and behind them that of the whole text if the network takes it.
     *
     * @param width of a token's vector
     * @param pooled width of the text's vector; 0: the network takes none
     */
    record Text(int width, int pooled) implements Conditioning {
        @Override
        public int length(int tokens) {
            return packed(tokens).length();
        }

        /** How the two parts lie in the condition. */
        public PackedCondition packed(int tokens) {
            return new PackedCondition(tokens, width, pooled);
        }

        /** How the two parts lie in a condition of so many rows. */
        PackedCondition packedIn(long length) {
            return packed(Math.toIntExact(length) - packed(0).length());
        }
    }

    /**
     * A class, as one row: a 1 in its place for a network that has a vector per class; otherwise what {@link
     * ClassEmbedding} says.
     *
     * @param width of the row
     * @param classes how many there are; 0: the row is something else than a place
     */
    record OfClass(int width, int classes) implements Conditioning {
        @Override
        public int length(int tokens) {
            return 1;
        }
    }
}
