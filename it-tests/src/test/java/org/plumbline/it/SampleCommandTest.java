package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code plumbline sample} in a process of its own. */
class SampleCommandTest {
    @TempDir
    private Path folder;

    private int sample(String... more) throws Exception {
        String[] first = {"sample", "models/digits", "--steps", "2"};
        String[] all = Arrays.copyOf(first, first.length + more.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return new AppProcess(folder).run(all);
    }

    private byte[] bytes(String file) throws IOException {
        return Files.readAllBytes(folder.resolve(file));
    }

    @Test
    void draws_a_row_for_each_prompt_and_says_how_it_was_made() throws Exception {
        Files.writeString(folder.resolve("prompts.txt"), "# two more\na thin one\n\n  a bold nine \n");
        assertEquals(
                0,
                sample(
                        "--prompt",
                        "a three",
                        "--prompts",
                        "prompts.txt",
                        "--count",
                        "2",
                        "--guidance",
                        "2",
                        "--each",
                        "all"),
                () -> error());
        BufferedImage grid = ImageIO.read(folder.resolve("samples.png").toFile());
        String made = Files.readString(folder.resolve("samples.png.json"));
        assertAll(
                () -> assertEquals(2 * 64 + 2, grid.getWidth()),
                () -> assertEquals(3 * (13 + 64 + 2) - 2, grid.getHeight()),
                () -> assertTrue(made.contains("\"a three\", \"a thin one\", \"a bold nine\""), made),
                () -> assertTrue(made.contains("\"seeds\" : [ 1, 2 ]"), made),
                () -> assertTrue(Files.exists(folder.resolve("all/003-2.png"))),
                () -> assertEquals(0, sample("--prompt", "a three"), () -> error()),
                () -> assertTrue(Files.exists(folder.resolve("samples-2.png")), "the first picture is kept"));
    }

    @Test
    void an_image_depends_on_its_seed_and_not_on_the_images_beside_it() throws Exception {
        String[] noisy = {"--backend", "reference", "--sampler-setting", "eta=1", "--prompt", "a two", "--each"};
        assertEquals(0, sample(with(noisy, "together", "--seeds", "5,6,7", "--batch", "2")), () -> error());
        assertEquals(0, sample(with(noisy, "alone", "--seeds", "7")), () -> error());
        assertArrayEquals(bytes("together/001-7.png"), bytes("alone/001-7.png"));
        assertFalse(Arrays.equals(bytes("together/001-6.png"), bytes("alone/001-7.png")));
    }

    private static String[] with(String[] first, String... more) {
        String[] all = Arrays.copyOf(first, first.length + more.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return all;
    }

    @Test
    void bad_requests_are_refused_and_leave_nothing() throws Exception {
        Files.writeString(folder.resolve("empty.txt"), "# nothing\n");
        assertAll(
                () -> assertEquals(2, sample("--guidance-rescale", "2")),
                () -> assertTrue(error().contains("0 to 1"), error()),
                () -> assertEquals(2, sample("--prompts", "empty.txt")),
                () -> assertTrue(error().contains("holds none"), error()),
                () -> assertEquals(2, sample("--sampler", "nobody")),
                () -> assertTrue(error().contains("nobody"), error()),
                () -> assertEquals(2, sample("--prompts", "nowhere.txt")),
                () -> assertTrue(error().contains("not there"), error()),
                () -> assertEquals(2, sample("--output", "picture.jpg")),
                () -> assertTrue(error().contains(".apng"), error()),
                () -> assertEquals(2, sample("--output", "empty.txt/picture.png")),
                () -> assertFalse(error().contains("network calls"), "known before the sampling: " + error()),
                () -> assertEquals(2, sample("--seeds", "1,2", "--count", "3")),
                () -> assertEquals(2, sample("--seeds", "1,1")),
                () -> assertEquals(2, sample("--seed", "9223372036854775807")),
                () -> assertEquals(2, sample("--guidance", "Infinity")),
                () -> assertEquals(2, sample("--enlarge", "100000")),
                () -> assertFalse(Files.exists(folder.resolve("samples.png"))));
    }

    @Test
    void prompts_that_are_cut_and_images_that_are_spoilt_are_named() throws Exception {
        assertEquals(0, sample("--prompt", "a bold slanted seven with a hat", "--count", "1"), () -> error());
        assertTrue(error().contains("has 11 tokens; the model reads the first 6"), error());
        assertEquals(0, sample("--prompt", "a three", "--count", "1", "--guidance", "1e30"), () -> error());
        assertTrue(error().contains("1 of 1 images"), error());
    }

    private String error() {
        try {
            return new AppProcess(folder).text("err");
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }
}
