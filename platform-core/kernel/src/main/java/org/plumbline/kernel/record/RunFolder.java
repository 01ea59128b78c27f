package org.plumbline.kernel.record;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The folder of one run, for reading. See the package description. Immutable and thread-safe. */
public final class RunFolder {
    private static final Logger log = LoggerFactory.getLogger(RunFolder.class);

    /** The study's description. */
    static final String DESCRIPTION = "study.json";
    /** The run's records. */
    static final String RECORDS = "records.jsonl";

    /** May differ between a run and its continuation: where and how it was called, not what it computes. */
    private static final List<String> NOT_COMPARED = List.of("created", "command", "source", "environment");

    private final Path path;
    private final StudyDescription description;
    private final RunJson json;

    private RunFolder(Path path, StudyDescription description, RunJson json) {
        this.path = path;
        this.description = description;
        this.json = json;
    }

    /** Whether a picture was made before or after training. */
    public enum Stage {
        BEFORE,
        AFTER
    }

    /**
     * Checks, before anything costly is done, that a run could be created here.
     *
     * @throws PlumblineException {@link StandardError#UNWRITABLE_OUTPUT}
     */
    public static void requireUsable(Path folder) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw unwritable(folder, "it is a file").build();
        }
        if (Files.isDirectory(folder)) {
            try (Stream<Path> content = Files.list(folder)) {
                if (content.anyMatch(file -> !file.getFileName().toString().equals(RunWriter.LOCK))) {
                    throw PlumblineException.of(StandardError.UNWRITABLE_OUTPUT)
                            .asked("output folder '" + folder + "' is not empty")
                            .remedy(
                                    Files.exists(folder.resolve(DESCRIPTION))
                                            ? "continue the run in it with --resume, or name another folder"
                                            : "name an empty folder or one that does not exist yet")
                            .build();
                }
            } catch (IOException failure) {
                throw unwritable(folder, failure.toString()).cause(failure).build();
            }
        }
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, ".writable", ""));
        } catch (IOException failure) {
            throw unwritable(folder, failure.toString()).cause(failure).build();
        }
    }

    /**
     * Begins a run in an absent or empty folder.
     *
     * @return holds the folder until it is closed
     * @throws PlumblineException {@link StandardError#UNWRITABLE_OUTPUT} if the folder is not empty, cannot be written or
     *     is in use by another run
     */
    public static RunWriter create(Path folder, StudyDescription description) {
        requireUsable(folder);
        RunLock lock = RunLock.take(folder);
        try {
            requireUsable(folder); // again: another run may have begun and ended in between
            RunFolder run = new RunFolder(folder, description, new RunJson());
            run.replace(DESCRIPTION, run.json.document(description));
            return RunWriter.open(run, lock);
        } catch (IOException failure) {
            lock.close();
            throw unwritable(folder, failure.toString()).cause(failure).build();
        } catch (RuntimeException failure) {
            lock.close();
            throw failure;
        }
    }

    /**
     * Continues a run.
     *
     * @param description what would be run now; must agree with what is recorded, but for the machine and the command
     * @return holds the folder until it is closed
     * @throws PlumblineException {@link StandardError#MISSING_FILE} or {@link StandardError#MALFORMED_FILE} if there is
     *     no readable run, {@link StandardError#INCOMPATIBLE} if it is of another study,
     *     {@link StandardError#UNWRITABLE_OUTPUT} if it cannot be written or is in use
     */
    public static RunWriter resume(Path folder, StudyDescription description) {
        RunFolder run = open(folder);
        List<String> differences = run.differences(description);
        if (!differences.isEmpty()) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("the run in '" + folder + "' cannot be continued: it differs from the study in "
                            + String.join(", ", differences))
                    .remedy("undo the changes, or start a new run in another folder")
                    .build();
        }
        RunLock lock = RunLock.take(folder);
        try {
            return RunWriter.open(run, lock);
        } catch (IOException failure) {
            lock.close();
            throw unwritable(folder, failure.toString()).cause(failure).build();
        }
    }

    /**
     * Opens a run for reading; it may be going on.
     *
     * @throws PlumblineException {@link StandardError#MISSING_FILE}, {@link StandardError#MALFORMED_FILE}, or
     *     {@link StandardError#UNSUPPORTED} for a format of the future
     */
    public static RunFolder open(Path folder) {
        Path file = folder.resolve(DESCRIPTION);
        if (!Files.isRegularFile(file)) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("'" + folder + "' is not a run folder: it has no " + DESCRIPTION)
                    .remedy("name the output folder of a study")
                    .build();
        }
        RunJson json = new RunJson();
        try {
            JsonNode tree = json.tree(Files.readAllBytes(file));
            int format = tree.path("format").asInt(0);
            if (format > StudyDescription.FORMAT) {
                throw PlumblineException.of(StandardError.UNSUPPORTED)
                        .asked("'" + file + "' has format " + format)
                        .available("formats up to " + StudyDescription.FORMAT)
                        .remedy("use the version of Plumbline that wrote it, or a newer one")
                        .build();
            }
            return new RunFolder(folder, json.description(tree), json);
        } catch (IOException malformed) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("'" + file + "' is not a study description: " + malformed.getMessage())
                    .cause(malformed)
                    .build();
        }
    }

    /** The run folders directly beneath a folder, the oldest first; unreadable ones are left out. */
    public static List<RunFolder> list(Path parent) {
        if (!Files.isDirectory(parent)) {
            return List.of();
        }
        List<RunFolder> runs = new ArrayList<>();
        try (Stream<Path> folders = Files.list(parent)) {
            folders.filter(path -> Files.exists(path.resolve(DESCRIPTION))).forEach(path -> {
                try {
                    runs.add(open(path));
                } catch (PlumblineException unreadable) {
                    log.warn("left out of the list: {}", unreadable.getMessage());
                }
            });
        } catch (IOException failure) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("'" + parent + "' cannot be listed: " + failure)
                    .cause(failure)
                    .build();
        }
        runs.sort(Comparator.comparing(run -> run.description().created()));
        return runs;
    }

    /** The file name part that stands for a trial's label: all but letters, digits, dot, underscore and dash become dashes. */
    public static String fileName(String label) {
        return label.replaceAll("[^A-Za-z0-9._-]", "-");
    }

    RunJson json() {
        return json;
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /** What was decided before the first step. */
    public StudyDescription description() {
        return description;
    }

    /**
     * All records so far, in the order in which they were written. An unfinished last line is left out.
     *
     * @throws PlumblineException {@link StandardError#MALFORMED_FILE} with the line's number
     */
    public List<RunRecord> records() {
        Path file = path.resolve(RECORDS);
        if (!Files.exists(file)) {
            return List.of();
        }
        List<RunRecord> records = new ArrayList<>();
        int number = 0;
        try {
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            for (int start = 0, end; (end = text.indexOf('\n', start)) >= 0; start = end + 1) {
                number++;
                String line = text.substring(start, end);
                if (!line.isBlank()) {
                    records.add(json.record(line));
                }
            }
            return records;
        } catch (IOException malformed) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("line " + number + " of '" + file + "' is not a record: " + malformed.getMessage())
                    .cause(malformed)
                    .build();
        }
    }

    /** Images of the base model, from the noise that all trials start from; may be absent. */
    public Path baseImage() {
        return path.resolve("images").resolve("base.png");
    }

    /** Images of a trial, from the noise of {@link #baseImage}; may be absent. */
    public Path image(String trial, long seed, Stage stage) {
        String suffix = stage == Stage.BEFORE ? "-before.png" : "-after.png";
        return path.resolve("images").resolve(fileName(trial) + "-seed" + seed + suffix);
    }

    /** The folder for what a trial trained, in the model's own format. */
    public Path weights(String trial, long seed) {
        return path.resolve("weights").resolve(fileName(trial) + "-seed" + seed);
    }

    /** The folder for what the continuation of a trial needs. */
    public Path checkpoint(String trial, long seed) {
        return path.resolve("checkpoints").resolve(fileName(trial) + "-seed" + seed);
    }

    /**
     * Writes or replaces a file of the folder in one step: a reader sees the old file or the new one. Not for the
     * description and the records.
     *
     * @param name relative to the folder
     * @throws IOException if the folder cannot be written; the old file is then as it was
     */
    public void replace(String name, byte[] content) throws IOException {
        Path target = path.resolve(name);
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException("'" + target + "' has no folder");
        }
        Files.createDirectories(folder);
        // Not a temporary file of the JDK: those can be read by their owner only, and would stay so after the move.
        Path temporary = folder.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".writing");
        try {
            Files.write(temporary, content, StandardOpenOption.CREATE_NEW);
            try {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException other) {
                Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** The parts in which another description differs, as paths into the JSON document. */
    private List<String> differences(StudyDescription other) {
        Set<String> differences = new TreeSet<>();
        ObjectNode here = (ObjectNode) json.tree(description);
        ObjectNode there = (ObjectNode) json.tree(other);
        compare("", here.remove(NOT_COMPARED), there.remove(NOT_COMPARED), differences);
        return List.copyOf(differences);
    }

    private static void compare(String where, JsonNode here, JsonNode there, Set<String> differences) {
        if (here.isObject() && there.isObject()) {
            Set<String> names = new TreeSet<>();
            here.fieldNames().forEachRemaining(names::add);
            there.fieldNames().forEachRemaining(names::add);
            for (String name : names) {
                compare(where.isEmpty() ? name : where + "." + name, here.path(name), there.path(name), differences);
            }
        } else if (here.isArray() && there.isArray() && here.size() == there.size()) {
            Iterator<JsonNode> others = there.elements();
            int index = 0;
            for (JsonNode element : here) {
                compare(where + "[" + index++ + "]", element, others.next(), differences);
            }
        } else if (!here.equals(there)) {
            differences.add(where);
        }
    }

    static PlumblineException.Builder unwritable(Path folder, String why) {
        return PlumblineException.of(StandardError.UNWRITABLE_OUTPUT)
                .asked("output folder '" + folder + "' cannot be written: " + why)
                .remedy("name a folder that you may write, or change the permissions of this one");
    }
}
