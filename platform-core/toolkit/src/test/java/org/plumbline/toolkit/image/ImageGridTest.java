package org.plumbline.toolkit.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.reward.ImageBatch;

class ImageGridTest {
    private static final int TRANSPARENT = 0;

    private static BufferedImage drawn(ImageGrid grid) throws IOException {
        BufferedImage picture = ImageIO.read(new ByteArrayInputStream(grid.png()));
        assertEquals(grid.width(), picture.getWidth());
        assertEquals(grid.height(), picture.getHeight());
        return picture;
    }

    @Test
    void everyPixelLiesWhereItBelongsAndGapsAreTransparent() throws IOException {
        double[] pixels = new double[3 * 2 * 4];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = i / 23.0;
        }
        BufferedImage picture = drawn(
                ImageGrid.of(new ImageBatch(pixels, 3, 1, 2, 4), 2).scaled(3).spaced(5));
        assertEquals(2 * 4 * 3 + 5, picture.getWidth());
        assertEquals(2 * 2 * 3 + 5, picture.getHeight());
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                boolean gap = (x >= 12 && x < 17) || (y >= 6 && y < 11);
                int image = (y < 6 ? 0 : 2) + (x < 12 ? 0 : 1);
                int expected = TRANSPARENT;
                if (!gap && image < 3) {
                    int index = image * 8 + (y < 6 ? y : y - 11) / 3 * 4 + (x < 12 ? x : x - 17) / 3;
                    int level = (int) Math.round(255 * index / 23.0);
                    expected = 0xff << 24 | level << 16 | level << 8 | level;
                }
                assertEquals(expected, picture.getRGB(x, y), "at " + x + ", " + y);
            }
        }
    }

    @Test
    void coloursAreRedGreenBlueAndValuesAreLimited() throws IOException {
        double[] pixels = {1.5, 0, -2, 0.5, 0, Double.NaN}; // two pixels, channel by channel
        BufferedImage picture = drawn(ImageGrid.of(new ImageBatch(pixels, 1, 3, 1, 2), 1));
        assertEquals(0xffff0000, picture.getRGB(0, 0));
        assertEquals(0xff008000, picture.getRGB(1, 0));
    }

    @Test
    void labelsStandAboveTheirRowsAndAreCutAtTheEdge() throws IOException {
        ImageBatch white = new ImageBatch(new double[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 2, 1, 1, 8);
        BufferedImage picture = drawn(ImageGrid.of(white, 1).labelled(List.of("TL", "")));
        StringBuilder rows = new StringBuilder();
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                int pixel = picture.getRGB(x, y);
                rows.append(pixel == TRANSPARENT ? '.' : pixel == 0xff808080 ? '#' : 'w');
            }
            rows.append('\n');
        }
        String blank = "........\n";
        String letter = "#####...\n" + "..#.....\n".repeat(6);
        assertEquals(
                blank.repeat(2) + letter + blank.repeat(4) + "wwwwwwww\n" + blank.repeat(2) + blank.repeat(13)
                        + "wwwwwwww\n",
                rows.toString());
    }

    @Test
    void allPrintableCharactersAreDrawnAndDiffer() throws IOException {
        StringBuilder all = new StringBuilder();
        for (char character = '!'; character <= '~'; character++) {
            all.append(character);
        }
        int width = all.length() * 6;
        ImageBatch image = new ImageBatch(new double[width], 1, 1, 1, width);
        BufferedImage picture = drawn(ImageGrid.of(image, 1).labelled(List.of(all.toString())));
        long different = java.util.stream.IntStream.range(0, all.length())
                .mapToObj(glyph -> {
                    int[] pixels = picture.getRGB(glyph * 6, 0, 6, 13, null, 0, 6);
                    return java.util.Arrays.toString(pixels);
                })
                .distinct()
                .count();
        assertEquals(94, different);
    }

    @Test
    void aCharacterWithoutADrawingIsABox() throws IOException {
        ImageBatch image = new ImageBatch(new double[6], 1, 1, 1, 6);
        BufferedImage picture = drawn(ImageGrid.of(image, 1).labelled(List.of("\u00fc")));
        int inked = 0;
        for (int y = 0; y < 12; y++) {
            for (int x = 0; x < 6; x++) {
                inked += picture.getRGB(x, y) == TRANSPARENT ? 0 : 1;
            }
        }
        assertEquals(2 * 5 + 2 * 5, inked);
    }

    @Test
    void badArgumentsAreRefused() {
        ImageBatch image = new ImageBatch(new double[8], 4, 2, 1, 1);
        ImageBatch grey = new ImageBatch(new double[4], 4, 1, 1, 1);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> ImageGrid.of(image, 2))
                .getMessage()
                .contains("2 channels"));
        assertThrows(IllegalArgumentException.class, () -> ImageGrid.of(grey, 0));
        assertThrows(IllegalArgumentException.class, () -> ImageGrid.of(grey, 2).scaled(0));
        assertThrows(IllegalArgumentException.class, () -> ImageGrid.of(grey, 2).labelled(List.of("one of two")));
    }
}
