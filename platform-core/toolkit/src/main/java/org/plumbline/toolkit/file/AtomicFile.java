package org.plumbline.toolkit.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * Writes a file so that its name refers to the old content or to the new one, never to a part of it: into a temporary
 * file of the same folder, flushed to the disk, then moved over the target. Stateless.
 */
public final class AtomicFile {
    /** Produces the content. */
    @FunctionalInterface
    public interface Content {
        /** Writes all bytes to the channel, which the caller closes. */
        void writeTo(FileChannel channel) throws IOException;
    }

    private AtomicFile() {}

    /** Writes text in UTF-8; see {@link #write(Path, Content)}. */
    public static void write(Path target, String text) {
        write(target, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Writes the bytes from the buffer's position to its limit; see {@link #write(Path, Content)}. */
    public static void write(Path target, ByteBuffer content) {
        write(target, channel -> {
            ByteBuffer bytes = content.duplicate();
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }

    /**
     * Writes a file, and its folder if that does not exist.
     *
     * @throws PlumblineException {@link StandardError#UNWRITABLE_OUTPUT}; the target is then as it was before
     */
    public static void write(Path target, Content content) {
        Path absolute = target.toAbsolutePath();
        Path folder = absolute.getParent();
        if (folder == null) {
            throw unwritable(target, new IOException("it is a root folder"));
        }
        Path temporary = folder.resolve("." + absolute.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            Files.createDirectories(folder);
            try {
                try (FileChannel channel =
                        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                    content.writeTo(channel);
                    channel.force(true);
                }
                move(temporary, absolute);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw unwritable(target, e);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            // Some network file systems: the content is complete, only the instant of replacement is not guarded.
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static PlumblineException unwritable(Path target, IOException cause) {
        return PlumblineException.of(StandardError.UNWRITABLE_OUTPUT)
                .asked("'" + target + "' cannot be written: " + cause)
                .remedy("name a folder that you may write to, on a disk with free space")
                .cause(cause)
                .build();
    }
}
