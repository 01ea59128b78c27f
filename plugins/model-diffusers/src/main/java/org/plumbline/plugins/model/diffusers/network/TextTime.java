package org.plumbline.plugins.model.diffusers.network;

/**
 * The sizes of a {@link TextTimeEmbedding}.
 *
 * @param inputWidth of its first layer: the prompt's vector, and the sines and cosines of all numbers
 * @param numberWidth sines and cosines of one number
 */
public record TextTime(int inputWidth, int numberWidth) {
    /** Height and width that the picture had, its crop's top and left, height and width that it is to have. */
    public static final int NUMBERS = 6;

    /** Width of the prompt's vector. */
    public int pooledWidth() {
        return inputWidth - NUMBERS * numberWidth;
    }
}
