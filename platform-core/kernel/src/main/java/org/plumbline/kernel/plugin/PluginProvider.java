package org.plumbline.kernel.plugin;

import java.nio.file.Path;
import java.util.Map;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Creates the objects of one plugin class. Thread-safe. */
public interface PluginProvider {
    /** What it provides. */
    PluginDescription description();

    /**
     * Creates a configured plugin. The caller closes it if it can be closed.
     *
     * @param settings the user's settings by kebab-case key, as read from the file; the id is not among them
     * @param base folder beside which relative file names are looked up first
     * @return an instance of the role's type
     * @throws PlumblineException {@link StandardError#UNKNOWN_KEY}, {@link StandardError#MISSING_KEY} or
     *     {@link StandardError#BAD_VALUE} for bad settings, {@link StandardError#PLUGIN_CREATION} if its constructor
     *     fails
     */
    Object create(Map<String, Object> settings, Path base);
}
