package org.plumbline.toolkit.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class AtomicFileTest {
    @TempDir
    private Path folder;

    @Test
    void a_file_and_its_folder_are_made() throws IOException {
        Path target = folder.resolve("a").resolve("b.txt");
        AtomicFile.write(target, "grün");
        assertEquals("grün", Files.readString(target));
        AtomicFile.write(target, "new");
        assertEquals("new", Files.readString(target));
    }

    @Test
    void a_failure_leaves_the_old_content_and_no_litter() throws IOException {
        Path target = folder.resolve("x");
        AtomicFile.write(target, "old");
        PlumblineException e = assertThrows(
                PlumblineException.class,
                () -> AtomicFile.write(target, channel -> {
                    channel.write(ByteBuffer.wrap(new byte[100]));
                    throw new IOException("disk full");
                }));
        assertEquals(StandardError.UNWRITABLE_OUTPUT, e.code());
        assertEquals("old", Files.readString(target));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void a_folder_that_cannot_be_made_is_an_error_of_the_user() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        PlumblineException e =
                assertThrows(PlumblineException.class, () -> AtomicFile.write(file.resolve("below"), "x"));
        assertEquals(StandardError.UNWRITABLE_OUTPUT, e.code());
    }
}
