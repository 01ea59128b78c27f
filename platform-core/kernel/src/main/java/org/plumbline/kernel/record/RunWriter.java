package org.plumbline.kernel.record;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Appends to the record of a run and holds its folder while open. Thread-safe. */
public final class RunWriter implements AutoCloseable {
    static final String LOCK = ".lock";

    private final RunFolder folder;
    private final RunLock lock;
    private final OutputStream records;

    private RunWriter(RunFolder folder, RunLock lock, OutputStream records) {
        this.folder = folder;
        this.lock = lock;
        this.records = records;
    }

    static RunWriter open(RunFolder folder, RunLock lock) throws IOException {
        Path file = folder.path().resolve(RunFolder.RECORDS);
        if (Files.exists(file)) {
            dropUnfinishedLine(file);
        }
        // A plain stream, not a channel: a channel is closed for good when a thread that writes is interrupted.
        return new RunWriter(folder, lock, new FileOutputStream(file.toFile(), true));
    }

    /** The folder that is written. */
    public RunFolder folder() {
        return folder;
    }

    /**
     * Appends a line. It is with the operating system when the call returns, and survives the end of the process.
     *
     * @throws PlumblineException {@link StandardError#UNWRITABLE_OUTPUT} if it cannot be written
     */
    public synchronized void append(RunRecord line) {
        try {
            records.write((folder.json().line(line) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException failure) {
            throw RunFolder.unwritable(folder.path(), failure.toString())
                    .cause(failure)
                    .build();
        }
    }

    /**
     * Saves images of the base model as a picture.
     *
     * @param png the file's content
     */
    public void saveBaseImage(byte[] png) {
        save(folder.baseImage(), png);
    }

    /**
     * Saves images of a trial as a picture.
     *
     * @param png the file's content
     */
    public void saveImage(String trial, long seed, RunFolder.Stage stage, byte[] png) {
        save(folder.image(trial, seed, stage), png);
    }

    private void save(Path file, byte[] content) {
        try {
            folder.replace(folder.path().relativize(file).toString(), content);
        } catch (IOException failure) {
            throw RunFolder.unwritable(folder.path(), failure.toString())
                    .cause(failure)
                    .build();
        }
    }

    /** Ends writing and lets the folder go. Closing twice is harmless. */
    @Override
    public synchronized void close() {
        try {
            records.close();
        } catch (IOException failure) {
            throw RunFolder.unwritable(folder.path(), failure.toString())
                    .cause(failure)
                    .build();
        } finally {
            lock.close();
        }
    }

    /** A process that was killed may have left half a line; the next one must not be glued to it. */
    private static void dropUnfinishedLine(Path file) throws IOException {
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            long end = content.length();
            while (end > 0) {
                content.seek(end - 1);
                if (content.read() == '\n') {
                    break;
                }
                end--;
            }
            content.setLength(end);
        }
    }
}
