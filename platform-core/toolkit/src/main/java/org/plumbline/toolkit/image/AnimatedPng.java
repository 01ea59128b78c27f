package org.plumbline.toolkit.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Pictures of one size as one PNG file that browsers play in an endless loop. Where animation is unknown, the file is an
 * ordinary PNG of the first picture.
 *
 * <p>A PNG file is a signature and a row of chunks: length, type, data, checksum. The animation is three kinds of chunks
 * more: {@code acTL} tells how many frames there are, {@code fcTL} comes before each frame, and {@code fdAT} is the data
 * ({@code IDAT}) of every frame but the first. All frames share the header of the first, so all must be of one kind.
 */
final class AnimatedPng {
    private static final int SIGNATURE = 8;
    private static final int LENGTH_AND_TYPE = 8;
    private static final int CHECKSUM = 4;

    private final ByteArrayOutputStream file = new ByteArrayOutputStream();
    private int sequence;

    private AnimatedPng() {}

    /**
     * Writes the file.
     *
     * @param pictures of one size and kind, in order, at least one; a single one becomes an ordinary PNG file
     * @param milliseconds for which each is shown
     */
    static byte[] write(List<BufferedImage> pictures, int milliseconds) {
        if (pictures.size() == 1) {
            return still(pictures.get(0));
        }
        return new AnimatedPng().animation(pictures, milliseconds);
    }

    private static byte[] still(BufferedImage picture) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try (ImageOutputStream stream = new MemoryCacheImageOutputStream(file)) {
            if (!ImageIO.write(picture, "png", stream)) {
                throw new IllegalStateException("this Java runtime cannot write PNG files");
            }
        } catch (IOException inMemory) {
            throw new UncheckedIOException(inMemory);
        }
        return file.toByteArray();
    }

    private byte[] animation(List<BufferedImage> pictures, int milliseconds) {
        for (int frame = 0; frame < pictures.size(); frame++) {
            ByteBuffer still = ByteBuffer.wrap(still(pictures.get(frame)));
            if (frame == 0) {
                file.write(still.array(), 0, SIGNATURE);
            }
            still.position(SIGNATURE);
            boolean announced = false;
            while (still.hasRemaining()) {
                int length = still.getInt();
                String type = text(still, 4);
                byte[] data = new byte[length];
                still.get(data);
                still.getInt(); // checksum
                switch (type) {
                    case "IDAT" -> {
                        if (!announced) {
                            chunk("fcTL", control(pictures.get(frame), milliseconds));
                            announced = true;
                        }
                        if (frame == 0) {
                            chunk(type, ByteBuffer.wrap(data));
                        } else {
                            chunk(
                                    "fdAT",
                                    ByteBuffer.allocate(4 + length)
                                            .putInt(sequence++)
                                            .put(data)
                                            .flip());
                        }
                    }
                    case "IHDR" -> {
                        if (frame == 0) {
                            chunk(type, ByteBuffer.wrap(data));
                            // How many frames, and how often to play them: 0 is for ever.
                            chunk(
                                    "acTL",
                                    ByteBuffer.allocate(8)
                                            .putInt(pictures.size())
                                            .putInt(0)
                                            .flip());
                        }
                    }
                    default -> {}
                }
            }
        }
        chunk("IEND", ByteBuffer.allocate(0));
        return file.toByteArray();
    }

    /** Number, size and place of a frame, how long it stays, and that it replaces the one before. */
    private ByteBuffer control(BufferedImage picture, int milliseconds) {
        return ByteBuffer.allocate(26)
                .putInt(sequence++)
                .putInt(picture.getWidth())
                .putInt(picture.getHeight())
                .putInt(0)
                .putInt(0)
                .putShort((short) milliseconds)
                .putShort((short) 1000)
                .put((byte) 0)
                .put((byte) 0)
                .flip();
    }

    private void chunk(String type, ByteBuffer data) {
        ByteBuffer chunk = ByteBuffer.allocate(LENGTH_AND_TYPE + data.remaining() + CHECKSUM);
        chunk.putInt(data.remaining())
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .put(data);
        CRC32 checksum = new CRC32();
        checksum.update(chunk.array(), 4, chunk.position() - 4);
        chunk.putInt((int) checksum.getValue());
        file.writeBytes(chunk.array());
    }

    private static String text(ByteBuffer from, int length) {
        byte[] bytes = new byte[length];
        from.get(bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}
