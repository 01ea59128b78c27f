package org.plumbline.spi.graph;

/**
 * How a kernel moves over an image. Pixels are counted in the image with its padding around it.
 *
 * @param strideY rows from one place to the next
 * @param strideX columns from one place to the next
 * @param dilationY rows from one tap of the kernel to the next; 1 for a dense kernel
 * @param dilationX columns from one tap of the kernel to the next
 * @param top rows of padding above
 * @param left columns of padding on the left
 * @param bottom rows of padding below
 * @param right columns of padding on the right
 */
public record Window(int strideY, int strideX, int dilationY, int dilationX, int top, int left, int bottom, int right) {
    public Window {
        if (strideY < 1 || strideX < 1 || dilationY < 1 || dilationX < 1) {
            throw new IllegalArgumentException("strides and dilations are at least 1, not " + strideY + ", " + strideX
                    + ", " + dilationY + ", " + dilationX);
        }
        if (top < 0 || left < 0 || bottom < 0 || right < 0) {
            throw new IllegalArgumentException(
                    "padding is at least 0, not " + top + ", " + left + ", " + bottom + ", " + right);
        }
    }

    /** A dense kernel with the same stride in both directions and the same padding on all four sides. */
    public static Window of(int stride, int padding) {
        return new Window(stride, stride, 1, 1, padding, padding, padding, padding);
    }

    /** How many places a kernel of this height has in an image of this height; below 1 if it does not fit. */
    public long height(long image, long kernel) {
        return places(image + top + bottom, dilationY * (kernel - 1), strideY);
    }

    /** How many places a kernel of this width has in an image of this width; below 1 if it does not fit. */
    public long width(long image, long kernel) {
        return places(image + left + right, dilationX * (kernel - 1), strideX);
    }

    private static long places(long padded, long reach, long stride) {
        return Math.floorDiv(padded - reach - 1, stride) + 1;
    }
}
