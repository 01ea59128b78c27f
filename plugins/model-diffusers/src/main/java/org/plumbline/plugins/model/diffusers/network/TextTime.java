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

    /** Pixels of a picture per number of the latent, in both directions, of all models that have such an embedding. */
    private static final int PIXELS = 8;

    /** For a latent of this size: the picture had the size that it is to have, and was not cropped. */
    double[] numbers(int height, int width) {
        double rows = (double) height * PIXELS;
        double columns = (double) width * PIXELS;
        return new double[] {rows, columns, 0, 0, rows, columns};
    }

    /** Width of the prompt's vector. */
    public int pooledWidth() {
        return inputWidth - NUMBERS * numberWidth;
    }
}
