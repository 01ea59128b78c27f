package org.plumbline.runtime;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the plugin folders. It lists them again and again rather than asking the file system for events, which network
 * and container file systems do not send reliably; a listing of a few dozen files costs nothing.
 *
 * <p>A change is taken up when two listings in a row agree on it: a copy that is still being written grows, and a file
 * that is replaced by deleting it and moving another in its place is gone only for a moment.
 */
final class PluginFolders implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PluginFolders.class);

    /** How a file is told from its successor. */
    private record Stamp(
            long size, FileTime modified, @Nullable Object key) {}

    private final List<Path> folders;
    private final PluginJars jars;
    private final Duration interval;
    private final Thread thread;
    /** What was last carried out, per file. */
    private final Map<Path, Stamp> handled = new HashMap<>();

    private Map<Path, Stamp> previous = Map.of();
    private volatile boolean closed;

    PluginFolders(List<Path> folders, PluginJars jars, Duration interval) {
        this.folders = List.copyOf(folders);
        this.jars = jars;
        this.interval = interval;
        this.thread = new Thread(this::watch, "plumbline-plugin-folders");
        thread.setDaemon(true);
    }

    /** Installs and starts what is there, and then watches in a thread of its own. */
    void open() {
        previous = list();
        scan();
        thread.start();
    }

    /** Stops watching. The bundles stay as they are. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(10).toMillis());
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private void watch() {
        while (!closed) {
            try {
                Thread.sleep(interval.toMillis());
                scan();
            } catch (InterruptedException closing) {
                return;
            } catch (RuntimeException failure) {
                LOG.error("the plugin folders could not be read; trying again", failure);
            }
        }
    }

    private void scan() {
        Map<Path, Stamp> present = list();
        boolean changed = false;
        for (Path jar : gone(present)) {
            if (jars.remove(jar) == PluginJars.Outcome.DONE) {
                jars.forget(jar);
                handled.remove(jar);
                changed = true;
            }
        }
        for (Map.Entry<Path, Stamp> file : present.entrySet()) {
            Path jar = file.getKey();
            Stamp stamp = file.getValue();
            boolean settled = stamp.equals(previous.get(jar));
            if (settled && !stamp.equals(handled.get(jar)) && jars.put(jar) != PluginJars.Outcome.IN_USE) {
                handled.put(jar, stamp);
                changed = true;
            }
        }
        previous = present;
        if (changed) {
            jars.startAll();
        }
    }

    /** Files that were handled and are missing for the second time. */
    private List<Path> gone(Map<Path, Stamp> present) {
        return new TreeSet<>(handled.keySet())
                .stream()
                        .filter(jar -> !present.containsKey(jar) && !previous.containsKey(jar))
                        .toList();
    }

    private Map<Path, Stamp> list() {
        Map<Path, Stamp> present = new TreeMap<>();
        for (Path folder : folders) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
                for (Path jar : files) {
                    BasicFileAttributes attributes = Files.readAttributes(jar, BasicFileAttributes.class);
                    if (attributes.isRegularFile()) {
                        present.put(
                                jar, new Stamp(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey()));
                    }
                }
            } catch (NoSuchFileException notThereYet) {
                LOG.trace("{} does not exist", notThereYet.getFile());
            } catch (IOException unreadable) {
                LOG.warn("cannot list {}", folder, unreadable);
            }
        }
        return present;
    }
}
