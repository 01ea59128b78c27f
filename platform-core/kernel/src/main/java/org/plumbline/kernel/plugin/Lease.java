package org.plumbline.kernel.plugin;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * A hold on one plugin object. While it is open the plugin is not closed and its bundle does not stop. The holder asks
 * at every step boundary whether it is {@link #revoked()}, and then closes everything that came from the plugin and the
 * lease. One thread holds it; revocation comes from another.
 *
 * @param <T> the role's type
 */
public final class Lease<T> implements AutoCloseable {
    private final PluginDescription description;
    private final Runnable release;
    private @Nullable T plugin;
    private volatile boolean revoked;

    Lease(PluginDescription description, T plugin, Runnable release) {
        this.description = description;
        this.plugin = plugin;
        this.release = release;
    }

    /** The plugin. Not to be used after {@link #close}. */
    public T get() {
        T object = plugin;
        if (object == null) {
            throw PlumblineException.of(StandardError.INTERNAL)
                    .asked(description + " was used after its lease was closed")
                    .build();
        }
        return object;
    }

    /** What is leased. */
    public PluginDescription description() {
        return description;
    }

    /** True once the plugin is being withdrawn. */
    public boolean revoked() {
        return revoked;
    }

    void revoke() {
        revoked = true;
    }

    /** Closes the plugin object and lets go. Closing twice is harmless. */
    @Override
    public void close() {
        T object = plugin;
        if (object == null) {
            return;
        }
        plugin = null;
        try {
            if (object instanceof AutoCloseable closeable) {
                closeable.close();
            }
        } catch (RuntimeException failure) {
            throw failure;
        } catch (Exception failure) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked(description + " failed to close")
                    .cause(failure)
                    .build();
        } finally {
            release.run();
        }
    }
}
