package org.plumbline.kernel.record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Keeps a second run out of a folder. The operating system lets go of it when the process ends, however it ends. */
final class RunLock implements AutoCloseable {
    private final FileChannel channel;

    private RunLock(FileChannel channel) {
        this.channel = channel;
    }

    static RunLock take(Path folder) {
        Path file = folder.resolve(RunWriter.LOCK);
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (held(channel)) {
                String owner = "process " + ProcessHandle.current().pid() + "\n";
                channel.truncate(0).write(ByteBuffer.wrap(owner.getBytes(StandardCharsets.UTF_8)), 0);
                return new RunLock(channel);
            }
            String owner = Files.readString(file).strip();
            channel.close();
            throw PlumblineException.of(StandardError.UNWRITABLE_OUTPUT)
                    .asked("output folder '" + folder + "' is in use by another run"
                            + (owner.isEmpty() ? "" : " (" + owner + ")"))
                    .remedy("wait until it has ended, or name another folder")
                    .build();
        } catch (IOException failure) {
            close(channel);
            throw RunFolder.unwritable(folder, failure.toString())
                    .cause(failure)
                    .build();
        }
    }

    /** True if the lock could be taken; it lasts as long as the channel. */
    private static boolean held(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException ofThisProcess) {
            return false;
        }
    }

    private static void close(@Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException alreadyFailing) {
                return; // the failure that brought us here says more
            }
        }
    }

    @Override
    public void close() {
        close(channel);
    }
}
