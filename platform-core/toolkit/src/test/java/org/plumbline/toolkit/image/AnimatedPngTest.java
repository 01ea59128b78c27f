package org.plumbline.toolkit.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.reward.ImageBatch;

/** Read back by the rules of the PNG specification, third edition, which knows animation. */
class AnimatedPngTest {
    private record Chunk(String type, byte[] data) {}

    @Test
    void each_frame_is_announced_and_is_the_picture_that_was_given() throws IOException {
        List<BufferedImage> pictures = List.of(noise(1), noise(2), noise(3));
        List<Chunk> chunks = chunks(AnimatedPng.write(pictures, 150));
        assertEquals("IHDR", chunks.get(0).type());
        assertEquals("acTL", chunks.get(1).type());
        assertArrayEquals(
                ByteBuffer.allocate(8).putInt(3).putInt(0).array(),
                chunks.get(1).data(),
                "three frames for ever");
        assertEquals("IEND", chunks.get(chunks.size() - 1).type());
        int sequence = 0;
        List<ByteArrayOutputStream> frames = new ArrayList<>();
        for (Chunk chunk : chunks.subList(2, chunks.size() - 1)) {
            ByteBuffer data = ByteBuffer.wrap(chunk.data());
            if (!chunk.type().equals("IDAT")) {
                assertEquals(sequence++, data.getInt(), "sequence number of " + chunk.type());
            }
            switch (chunk.type()) {
                case "fcTL" -> {
                    assertEquals(26, chunk.data().length);
                    assertEquals(11, data.getInt(), "width");
                    assertEquals(7, data.getInt(), "height");
                    assertEquals(0, data.getLong(), "place");
                    assertEquals(150, data.getShort(), "delay");
                    assertEquals(1000, data.getShort(), "of a second");
                    assertEquals(0, data.getShort(), "stays until the next replaces it");
                    frames.add(new ByteArrayOutputStream());
                }
                case "IDAT", "fdAT" -> {
                    assertEquals(frames.size() == 1, chunk.type().equals("IDAT"));
                    frames.get(frames.size() - 1).write(chunk.data(), data.position(), data.remaining());
                }
                default -> throw new AssertionError(chunk.type());
            }
        }
        assertEquals(3, frames.size());
        for (int i = 0; i < 3; i++) {
            assertSame(pictures.get(i), still(chunks.get(0), frames.get(i).toByteArray()), "frame " + i);
        }
    }

    @Test
    void a_reader_without_animation_sees_the_first_frame() throws IOException {
        List<BufferedImage> pictures = List.of(noise(4), noise(5));
        BufferedImage read = ImageIO.read(new ByteArrayInputStream(AnimatedPng.write(pictures, 150)));
        assertSame(pictures.get(0), read, "first frame");
    }

    @Test
    void one_picture_is_an_ordinary_file() {
        assertEquals(
                List.of("IHDR", "IDAT", "IEND"),
                chunks(AnimatedPng.write(List.of(noise(6)), 150)).stream()
                        .map(Chunk::type)
                        .toList());
    }

    @Test
    void a_grid_of_videos_plays_their_frames_side_by_side() throws IOException {
        // Two videos of three frames with one pixel each: 0, 0.2, 0.4 and 0.6, 0.8, 1.
        double[] pixels = {0, 0.2, 0.4, 0.6, 0.8, 1};
        List<Chunk> chunks =
                chunks(ImageGrid.of(new ImageBatch(pixels, 2, 1, 3, 1, 1), 2).png());
        int frame = 0;
        for (Chunk chunk : chunks) {
            if (chunk.type().equals("IDAT") || chunk.type().equals("fdAT")) {
                int from = chunk.type().equals("IDAT") ? 0 : 4;
                byte[] data = java.util.Arrays.copyOfRange(chunk.data(), from, chunk.data().length);
                BufferedImage picture = still(chunks.get(0), data);
                for (int video = 0; video < 2; video++) {
                    int level = (int) Math.round(255 * pixels[video * 3 + frame]);
                    int expected = 0xff << 24 | level << 16 | level << 8 | level;
                    assertEquals(expected, picture.getRGB(video * 3, 0), "frame " + frame + " of video " + video);
                }
                frame++;
            }
        }
        assertEquals(3, frame);
    }

    private static BufferedImage noise(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        BufferedImage picture = new BufferedImage(11, 7, BufferedImage.TYPE_INT_ARGB);
        for (int y = 0; y < 7; y++) {
            for (int x = 0; x < 11; x++) {
                picture.setRGB(x, y, random.nextInt());
            }
        }
        return picture;
    }

    private static void assertSame(BufferedImage expected, BufferedImage found, String what) {
        for (int y = 0; y < expected.getHeight(); y++) {
            for (int x = 0; x < expected.getWidth(); x++) {
                assertEquals(expected.getRGB(x, y), found.getRGB(x, y), what + " at " + x + ", " + y);
            }
        }
    }

    /** A still picture with the data of a frame, as a reader without animation would see it. */
    private static BufferedImage still(Chunk header, byte[] data) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
        for (Chunk chunk : List.of(header, new Chunk("IDAT", data), new Chunk("IEND", new byte[0]))) {
            byte[] type = chunk.type().getBytes(StandardCharsets.US_ASCII);
            CRC32 checksum = new CRC32();
            checksum.update(type);
            checksum.update(chunk.data());
            file.writeBytes(ByteBuffer.allocate(4).putInt(chunk.data().length).array());
            file.writeBytes(type);
            file.writeBytes(chunk.data());
            file.writeBytes(
                    ByteBuffer.allocate(4).putInt((int) checksum.getValue()).array());
        }
        return ImageIO.read(new ByteArrayInputStream(file.toByteArray()));
    }

    /** Checks every checksum on the way. */
    private static List<Chunk> chunks(byte[] file) {
        ByteBuffer buffer = ByteBuffer.wrap(file);
        assertEquals(0x89504e470d0a1a0aL, buffer.getLong(), "signature");
        List<Chunk> chunks = new ArrayList<>();
        while (buffer.hasRemaining()) {
            byte[] data = new byte[buffer.getInt()];
            byte[] type = new byte[4];
            buffer.get(type).get(data);
            CRC32 checksum = new CRC32();
            checksum.update(type);
            checksum.update(data);
            assertEquals((int) checksum.getValue(), buffer.getInt(), "checksum");
            chunks.add(new Chunk(new String(type, StandardCharsets.US_ASCII), data));
        }
        return chunks;
    }
}
