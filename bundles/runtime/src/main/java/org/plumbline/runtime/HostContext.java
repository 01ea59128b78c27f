package org.plumbline.runtime;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.PluginContext;

/**
 * The place a plugin runs in.
 *
 * @param id the plugin's id
 * @param base folder of the user's study file
 * @param home folder of the distribution
 */
record HostContext(String id, Path base, Path home) implements PluginContext {
    @Override
    public Path resolve(String name) {
        List<Path> places = Stream.of(base, Path.of(""), home)
                .map(folder -> folder.resolve(name).toAbsolutePath().normalize())
                .distinct() // an absolute name is the same everywhere
                .toList();
        return places.stream()
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> PlumblineException.of(StandardError.MISSING_FILE)
                        .asked("'" + name + "', asked for by '" + id + "', does not exist")
                        .available("searched: "
                                + places.stream().map(Path::toString).collect(Collectors.joining(", ")))
                        .remedy("correct the name, or put the file there")
                        .build());
    }
}
