package org.plumbline.plugins.dataset.digits;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class IdxFileTest {
    @TempDir
    private Path folder;

    @Test
    void readsSizesAndValues() {
        IdxFile file = IdxFile.read(gzip(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255), 2);
        assertArrayEquals(new int[] {2, 3}, file.sizes());
        assertArrayEquals(new byte[] {1, 2, 3, 4, 5, (byte) 255}, file.values());
    }

    @Test
    void refusesAFileThatEndsTooEarlyOrGoesOn() {
        refused("ends after 1 of 2 values", gzip(0, 0, 8, 1, 0, 0, 0, 2, 7));
        refused("goes on after its 1 values", gzip(0, 0, 8, 1, 0, 0, 0, 1, 7, 7));
        refused("ends too early", gzip(0, 0, 8, 1, 0, 0));
    }

    @Test
    void refusesAnotherTypeOrNumberOfDimensions() {
        refused("starts with 00000d01", gzip(0, 0, 13, 1, 0, 0, 0, 0));
        refused("starts with 00000803", gzip(0, 0, 8, 3, 0, 0, 0, 0));
        refused("claims the sizes [-1]", gzip(0, 0, 8, 1, 255, 255, 255, 255));
    }

    @Test
    void refusesWhatIsNotGzipped() throws IOException {
        refused("is not a gzip file", Files.write(folder.resolve("plain"), new byte[64]));
    }

    @Test
    void saysWhichFileIsMissing() {
        PlumblineException thrown =
                assertThrows(PlumblineException.class, () -> IdxFile.read(folder.resolve("absent"), 1));
        assertEquals(StandardError.MISSING_FILE, thrown.code());
        assertTrue(thrown.getMessage().contains("absent"), thrown.getMessage());
    }

    private static void refused(String why, Path file) {
        PlumblineException thrown = assertThrows(PlumblineException.class, () -> IdxFile.read(file, 1));
        assertEquals(StandardError.MALFORMED_FILE, thrown.code());
        assertTrue(thrown.getMessage().contains(why), thrown.getMessage());
    }

    private Path gzip(int... bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            for (int value : bytes) {
                out.write(value);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            return Files.write(Files.createTempFile(folder, "idx", ".gz"), packed.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
