package org.plumbline.toolkit.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.UUID;
import java.util.stream.Stream;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Writes a folder that appears at once and complete: beside its place, then moved there. Stateless. */
public final class AtomicFolder {
    /** Produces the content. */
    @FunctionalInterface
    public interface Content {
        /** Writes all files into the folder, which exists and is empty. */
        void writeTo(Path folder) throws IOException;
    }

    private AtomicFolder() {}

    /**
     * Writes a folder, and its parent if that does not exist.
     *
     * @throws PlumblineException {@link StandardError#UNWRITABLE_OUTPUT} if something is there already or if it cannot be
     *     written; then there is nothing of it
     */
    public static void write(Path target, Content content) {
        Path absolute = target.toAbsolutePath().normalize();
        Path parent = absolute.getParent();
        if (parent == null || Files.exists(absolute)) {
            throw PlumblineException.of(StandardError.UNWRITABLE_OUTPUT)
                    .asked("'" + target + "' exists already")
                    .remedy("name a folder that does not exist yet")
                    .build();
        }
        Path temporary = parent.resolve("." + absolute.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            Files.createDirectories(temporary);
            try {
                content.writeTo(temporary);
                Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                deleteIfThere(temporary);
            }
        } catch (IOException e) {
            throw PlumblineException.of(StandardError.UNWRITABLE_OUTPUT)
                    .asked("the folder '" + target + "' cannot be written: " + e)
                    .remedy("name a folder that you may write to, on a disk with free space")
                    .cause(e)
                    .build();
        }
    }

    private static void deleteIfThere(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
