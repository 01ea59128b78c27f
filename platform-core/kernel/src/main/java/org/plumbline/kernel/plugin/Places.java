package org.plumbline.kernel.plugin;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * Where files that a user names are looked up, in this order.
 *
 * @param folders the study file's folder, the working directory, the distribution
 */
public record Places(List<Path> folders) {
    public Places {
        folders = List.copyOf(folders);
    }

    /**
     * Finds a file or folder.
     *
     * @throws PlumblineException {@link StandardError#MISSING_FILE} with the places that were searched
     */
    public Path resolve(String name) {
        List<Path> candidates = folders.stream()
                .map(folder -> folder.resolve(name).toAbsolutePath().normalize())
                .distinct()
                .toList();
        return candidates.stream()
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> PlumblineException.of(StandardError.MISSING_FILE)
                        .asked("'" + name + "' does not exist")
                        .available("the places that were searched: "
                                + candidates.stream().map(Path::toString).collect(Collectors.joining(", ")))
                        .remedy("correct the name, or give an absolute path")
                        .build());
    }
}
