package org.plumbline.runtime;

import java.nio.file.Path;
import java.util.List;
import org.plumbline.kernel.plugin.Places;
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
        return new Places(List.of(base, Path.of(""), home)).resolve(name);
    }
}
