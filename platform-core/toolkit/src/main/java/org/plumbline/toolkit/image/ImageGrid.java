package org.plumbline.toolkit.image;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import org.plumbline.spi.reward.ImageBatch;

/**
 * Images in rows and columns, or videos, which all play at once. Gaps are transparent and labels mid-grey, so that the
 * picture sits on light and on dark pages. Needs neither a display nor fonts. Immutable and thread-safe.
 *
 * @param images images or videos in reading order; 1 or 3 channels, values limited to [0, 1] when drawn
 * @param columns images per row, at least 1
 * @param scale each pixel becomes a square of this side, at least 1
 * @param gap pixels between images, at least 0
 * @param rowLabels one text above each row, of printable ASCII, cut at the picture's width; or empty
 */
public record ImageGrid(ImageBatch images, int columns, int scale, int gap, List<String> rowLabels) {
    private static final int LABEL_HEIGHT = 13;
    private static final int FRAME_MILLISECONDS = 150;
    private static final int LABEL_COLOUR = 0xff808080;

    public ImageGrid {
        require(images.channels() == 1 || images.channels() == 3, "images have " + images.channels() + " channels");
        require(images.rows() > 0, "there are no images");
        require(columns > 0, columns + " columns");
        require(scale > 0, "scale " + scale);
        require(gap >= 0, "gap " + gap);
        rowLabels = List.copyOf(rowLabels);
        int rows = (images.rows() + columns - 1) / columns;
        require(rowLabels.isEmpty() || rowLabels.size() == rows, rowLabels.size() + " labels for " + rows + " rows");
    }

    /** A grid with pixels as they are, a gap of two pixels, and no labels. */
    public static ImageGrid of(ImageBatch images, int columns) {
        return new ImageGrid(images, columns, 1, 2, List.of());
    }

    /** The same grid with larger pixels. */
    public ImageGrid scaled(int factor) {
        return new ImageGrid(images, columns, factor, gap, rowLabels);
    }

    /** The same grid with other gaps. */
    public ImageGrid spaced(int pixels) {
        return new ImageGrid(images, columns, scale, pixels, rowLabels);
    }

    /** The same grid with a text above each row. */
    public ImageGrid labelled(List<String> labels) {
        return new ImageGrid(images, columns, scale, gap, labels);
    }

    /** Width of the picture in pixels. */
    public int width() {
        return columns * (images.width() * scale + gap) - gap;
    }

    /** Height of the picture in pixels. */
    public int height() {
        int rows = (images.rows() + columns - 1) / columns;
        return rows * rowHeight() - gap;
    }

    /** The picture as a PNG file; that of videos is an animated one, which browsers play again and again. */
    public byte[] png() {
        List<BufferedImage> pictures = new ArrayList<>();
        for (int frame = 0; frame < images.frames(); frame++) {
            pictures.add(picture(frame));
        }
        return AnimatedPng.write(pictures, FRAME_MILLISECONDS);
    }

    /** The grid of the images, or of one frame of the videos. */
    private BufferedImage picture(int frame) {
        BufferedImage picture = new BufferedImage(width(), height(), BufferedImage.TYPE_INT_ARGB);
        for (int image = 0; image < images.rows(); image++) {
            int left = image % columns * (images.width() * scale + gap);
            int top = image / columns * rowHeight() + labelHeight();
            draw(picture, image, frame, left, top);
        }
        for (int row = 0; row < rowLabels.size(); row++) {
            PixelFont.draw(picture, rowLabels.get(row), 0, row * rowHeight() + 2, LABEL_COLOUR);
        }
        return picture;
    }

    private void draw(BufferedImage picture, int image, int frame, int left, int top) {
        for (int y = 0; y < images.height() * scale; y++) {
            for (int x = 0; x < images.width() * scale; x++) {
                int red = level(image, 0, frame, y / scale, x / scale);
                int green = images.channels() == 1 ? red : level(image, 1, frame, y / scale, x / scale);
                int blue = images.channels() == 1 ? red : level(image, 2, frame, y / scale, x / scale);
                picture.setRGB(left + x, top + y, 0xff << 24 | red << 16 | green << 8 | blue);
            }
        }
    }

    private int level(int image, int channel, int frame, int y, int x) {
        return (int) Math.round(255 * images.pixel(image, channel, frame, y, x)); // NaN becomes black
    }

    private int labelHeight() {
        return rowLabels.isEmpty() ? 0 : LABEL_HEIGHT;
    }

    private int rowHeight() {
        return labelHeight() + images.height() * scale + gap;
    }

    private static void require(boolean holds, String found) {
        if (!holds) {
            throw new IllegalArgumentException("image grid: " + found);
        }
    }
}
