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
    private final Closing closing;
    private final Runnable release;
    private @Nullable T plugin;
    private boolean partHangs;
    private volatile boolean revoked;

    Lease(PluginDescription description, T plugin, Closing closing, Runnable release) {
        this.description = description;
        this.plugin = plugin;
        this.closing = closing;
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

    /**
     * Closes something that came from the plugin, such as a session, before the lease itself. If it does not come back in
     * time, it is reported and left behind; the plugin object is then never closed, since a part of it is still at work.
     */
    public void closePart(AutoCloseable part) {
        partHangs |= !closing.close(part);
    }

    /** True if something of the plugin did not come back from {@link #closePart} and was left behind. */
    public boolean leftBehind() {
        return partHangs;
    }

    /** Closes the plugin object and lets go, also if it does not come back from that. Closing twice is harmless. */
    @Override
    public void close() {
        T object = plugin;
        if (object == null) {
            return;
        }
        plugin = null;
        try {
            if (object instanceof AutoCloseable closeable && !partHangs) {
                closing.close(closeable);
            }
        } finally {
            release.run();
        }
    }
}
