package org.plumbline.spi.plugin;

import java.nio.file.Path;
import org.osgi.annotation.versioning.ProviderType;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** What the host tells a plugin about the place it runs in. Thread-safe. */
@ProviderType
public interface PluginContext {
    /** The plugin's id. */
    String id();

    /**
     * Finds a file or folder that a user named: as it stands if absolute, else beside the user's study file, else in
     * the user's working directory, else in the distribution.
     *
     * @throws PlumblineException {@link StandardError#MISSING_FILE} with the places that were searched
     */
    Path resolve(String name);
}
