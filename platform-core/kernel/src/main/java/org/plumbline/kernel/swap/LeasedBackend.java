package org.plumbline.kernel.swap;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.plumbline.kernel.backend.CompositeBackend;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** A backend made of one or two leased plugins. The holder closes it after everything that came from it. */
public final class LeasedBackend implements AutoCloseable {
    private final BackendChoice choice;
    private final List<Lease<ComputeBackend>> leases = new ArrayList<>();
    private final ComputeBackend backend;

    private LeasedBackend(PluginCatalog catalog, BackendChoice choice, Path base) {
        this.choice = choice;
        ComputeBackend first = lease(catalog, choice.backend(), base);
        PluginUse rollouts = choice.rollouts();
        backend = rollouts == null ? first : new CompositeBackend(first, lease(catalog, rollouts, base));
    }

    /**
     * Leases what a choice names.
     *
     * @param base folder beside which relative file names are looked up first
     * @throws org.plumbline.spi.error.PlumblineException if a plugin is not there or refuses its settings
     */
    public static LeasedBackend of(PluginCatalog catalog, BackendChoice choice, Path base) {
        return new LeasedBackend(catalog, choice, base);
    }

    private ComputeBackend lease(PluginCatalog catalog, PluginUse use, Path base) {
        try {
            Lease<ComputeBackend> lease = catalog.lease(ComputeBackend.class, use.id(), use.settings(), base);
            leases.add(lease);
            return lease.get();
        } catch (RuntimeException | Error failure) {
            close();
            throw failure;
        }
    }

    /** What was asked for. */
    public BackendChoice choice() {
        return choice;
    }

    /** What to compute on. */
    public ComputeBackend backend() {
        return backend;
    }

    /**
     * Refuses it if it cannot do what a run needs.
     *
     * @throws PlumblineException {@link StandardError#INCOMPATIBLE}
     */
    public void requireCapabilities(Set<Capability> needed) {
        if (!backend.capabilities().containsAll(needed)) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("backend " + choice + " for a run that needs " + new TreeSet<>(needed))
                    .available("it can do " + new TreeSet<>(backend.capabilities()))
                    .remedy("let it run the networks forward only, beside a backend that can do more, for example"
                            + " {id: djl-pytorch, rollouts: {id: "
                            + choice.backend().id() + "}}")
                    .build();
        }
    }

    /** The plugin that computes gradients, or everything. */
    public PluginDescription description() {
        return leases.get(0).description();
    }

    /** True once one of its plugins is being withdrawn. */
    public boolean revoked() {
        return leases.stream().anyMatch(Lease::revoked);
    }

    /** Closes what came from it, such as a session; if that does not come back, it is left behind and reported by name. */
    public void closePart(AutoCloseable part) {
        leases.get(0).closePart(part);
    }

    /** True if something that came from it did not come back from {@link #closePart}. */
    public boolean leftBehind() {
        return leases.get(0).leftBehind();
    }

    /** Lets go. Closing twice is harmless. */
    @Override
    public void close() {
        for (int i = leases.size() - 1; i >= 0; i--) {
            leases.get(i).close();
        }
    }
}
