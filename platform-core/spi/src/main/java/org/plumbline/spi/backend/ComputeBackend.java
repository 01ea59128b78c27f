package org.plumbline.spi.backend;

import java.util.Set;
import org.osgi.annotation.versioning.ProviderType;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** A way to compute: an engine on a device. Thread-safe. Its configuration says which device, precision and threads. */
@ProviderType
public interface ComputeBackend extends AutoCloseable {
    /** What its sessions can do. */
    Set<Capability> capabilities();

    /** One line for people and for the record of a run: engine, version, device, precision, threads. */
    String description();

    /**
     * Opens a session. The caller closes it.
     *
     * @throws PlumblineException {@link StandardError#MISSING_DEVICE} if the configured device cannot be used
     */
    BackendSession open();

    /** Gives back what the backend holds. All its sessions are closed before. Closing twice is harmless. */
    @Override
    default void close() {}
}
