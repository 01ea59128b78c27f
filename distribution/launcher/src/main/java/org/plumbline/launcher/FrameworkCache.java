package org.plumbline.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder in which the framework unpacks bundles: one per process, new each time, gone afterwards. So no process ever
 * reads what another Java, another version of the platform or a run that was killed has left.
 *
 * <p>A process holds a lock on a file beside its folder. The operating system takes the lock away when the process ends,
 * however it ends; the next process that starts removes every folder whose lock is free.
 */
final class FrameworkCache implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FrameworkCache.class);

    private final Path folder;
    private final Path lockFile;
    private final FileChannel channel;

    private FrameworkCache(Path folder, Path lockFile, FileChannel channel) {
        this.folder = folder;
        this.lockFile = lockFile;
        this.channel = channel;
    }

    /** Opens a folder for this process beneath the root, and cleans up after processes that were killed. */
    static FrameworkCache open(Path root) throws IOException {
        Files.createDirectories(root);
        // Starting hosts one at a time: between the making and the locking of a file it would look abandoned.
        synchronized (FrameworkCache.class) {
            try (FileChannel gate = FileChannel.open(
                            root.resolve("gate"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock closed = gate.lock()) {
                LOG.trace("holding {}", closed);
                String name = ProcessHandle.current().pid() + "-" + UUID.randomUUID();
                sweep(root);
                Path lockFile = root.resolve(name + ".lock");
                FileChannel channel =
                        FileChannel.open(lockFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                channel.lock(); // held until the channel is closed
                return new FrameworkCache(Files.createDirectory(root.resolve(name)), lockFile, channel);
            }
        }
    }

    Path folder() {
        return folder;
    }

    /** Removes the folder. */
    @Override
    public void close() {
        try {
            delete(folder);
            channel.close();
            Files.deleteIfExists(lockFile);
        } catch (IOException leftBehind) {
            LOG.debug("{} stays until the next start", folder, leftBehind);
        }
    }

    private static void sweep(Path root) throws IOException {
        // Opening and closing a lock file of one's own would let go of the lock.
        String mine = ProcessHandle.current().pid() + "-";
        try (DirectoryStream<Path> lockFiles = Files.newDirectoryStream(
                root,
                file -> file.toString().endsWith(".lock")
                        && !file.getFileName().toString().startsWith(mine))) {
            for (Path lockFile : lockFiles) {
                try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE)) {
                    @Nullable FileLock free = channel.tryLock();
                    if (free != null) {
                        String name = lockFile.getFileName().toString();
                        delete(root.resolve(name.substring(0, name.length() - ".lock".length())));
                        Files.delete(lockFile);
                    }
                } catch (IOException | UncheckedIOException othersProblem) {
                    LOG.debug("{} is left as it is", lockFile, othersProblem);
                }
            }
        }
    }

    private static void delete(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
