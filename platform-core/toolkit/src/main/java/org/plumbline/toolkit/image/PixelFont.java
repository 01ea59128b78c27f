package org.plumbline.toolkit.image;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Printable ASCII, 5 x 9 pixels each with two rows for descenders, from the drawing in font.txt. Java's own text needs
 * font libraries that servers and containers often lack.
 */
final class PixelFont {
    private static final int WIDTH = 5;
    private static final int HEIGHT = 9;
    private static final int PER_LINE = 16;
    private static final char FIRST = ' ';
    private static final char LAST = '~';
    private static final List<String> DRAWING = read();

    private PixelFont() {}

    /** Draws a text with its upper left corner at (left, top), cut at the picture's edge. Unknown characters are boxes. */
    static void draw(BufferedImage picture, String text, int left, int top, int argb) {
        for (int index = 0; index < text.length(); index++) {
            int x0 = left + index * (WIDTH + 1);
            if (x0 + WIDTH > picture.getWidth()) {
                return;
            }
            for (int y = 0; y < HEIGHT; y++) {
                for (int x = 0; x < WIDTH; x++) {
                    if (inked(text.charAt(index), x, y)) {
                        picture.setRGB(x0 + x, top + y, argb);
                    }
                }
            }
        }
    }

    private static boolean inked(char character, int x, int y) {
        if (character < FIRST || character > LAST) {
            return y < HEIGHT - 2 && (x == 0 || x == WIDTH - 1 || y == 0 || y == HEIGHT - 3);
        }
        int place = character - FIRST;
        String row = DRAWING.get(place / PER_LINE * HEIGHT + y);
        return row.charAt(place % PER_LINE * (WIDTH + 1) + x) == '#';
    }

    private static List<String> read() {
        try (@Nullable InputStream file = PixelFont.class.getResourceAsStream("font.txt")) {
            if (file == null) {
                throw new IllegalStateException("font.txt is missing from the jar");
            }
            return new String(file.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.isEmpty())
                    .toList();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
