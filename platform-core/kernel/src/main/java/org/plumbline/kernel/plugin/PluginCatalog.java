package org.plumbline.kernel.plugin;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.reward.RewardChoice;

/** All plugins that are available now. Thread-safe. */
public final class PluginCatalog {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Object monitor = new Object();
    private final Duration patience;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, Unavailable> unavailable = new TreeMap<>();
    private long changes;

    /** An empty catalog that waits a minute for plugins to close. */
    public PluginCatalog() {
        this(PATIENCE);
    }

    /**
     * An empty catalog.
     *
     * @param patience how long a plugin may take to close before it is left behind
     */
    public PluginCatalog(Duration patience) {
        this.patience = patience;
    }

    /** Makes a plugin available, until the registration is withdrawn. */
    public Registration register(PluginProvider provider) {
        synchronized (monitor) {
            Entry entry = new Entry(provider);
            entries.add(entry);
            changes++;
            unavailable.remove(provider.description().id());
            monitor.notifyAll();
            return entry;
        }
    }

    /** Remembers why something cannot be used. */
    public void report(Unavailable problem) {
        synchronized (monitor) {
            unavailable.put(problem.what(), problem);
        }
    }

    /** Forgets a reported problem. */
    public void forget(String what) {
        synchronized (monitor) {
            unavailable.remove(what);
        }
    }

    /** The plugins that are available, by role and id; of several with one id the newest version. */
    public List<PluginDescription> list() {
        synchronized (monitor) {
            return entries.stream()
                    .filter(entry -> current(
                                    entry.provider.description().role(),
                                    entry.provider.description().id())
                            == entry)
                    .map(entry -> entry.provider.description())
                    .sorted(Comparator.comparing(PluginDescription::role)
                            .thenComparing(PluginDescription::id)
                            .thenComparing(PluginDescription::version))
                    .toList();
        }
    }

    /** The plugins that were found but cannot be used. */
    public List<Unavailable> problems() {
        synchronized (monitor) {
            return List.copyOf(unavailable.values());
        }
    }

    /** How often a plugin came or went so far. */
    public long changes() {
        synchronized (monitor) {
            return changes;
        }
    }

    /**
     * Waits until a plugin comes or goes.
     *
     * @param seen what {@link #changes} was when the caller last looked
     */
    public void awaitChange(long seen, Duration time) throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        synchronized (monitor) {
            for (long left = time.toMillis(); changes == seen && left > 0; ) {
                monitor.wait(left);
                left = (end - System.nanoTime()) / 1_000_000;
            }
        }
    }

    /** The plugin that {@link #lease} would use, if there is one. */
    public Optional<PluginDescription> find(PluginRole role, String id) {
        synchronized (monitor) {
            return Optional.ofNullable(current(role, id)).map(entry -> entry.provider.description());
        }
    }

    /**
     * Creates a plugin and holds on to it.
     *
     * @param role the SPI interface of the role
     * @param id the plugin's id
     * @param settings the user's settings
     * @param base folder beside which relative file names are looked up first
     * @throws PlumblineException {@link StandardError#UNKNOWN_PLUGIN} with the known ids, or what the provider throws
     */
    public <T> Lease<T> lease(Class<T> role, String id, Map<String, Object> settings, Path base) {
        PluginRole wanted = PluginRole.of(role).orElseThrow(() -> new IllegalArgumentException(role + " is no role"));
        Entry entry;
        synchronized (monitor) {
            entry = current(wanted, id);
            if (entry == null) {
                throw unknown(wanted, id);
            }
            entry.creating++;
        }
        try {
            T plugin = role.cast(chosen(entry.provider.create(settings, base)));
            synchronized (monitor) {
                Lease<?>[] self = new Lease<?>[1];
                Lease<T> lease =
                        new Lease<>(entry.provider.description(), plugin, entry.closing, () -> entry.release(self[0]));
                self[0] = lease;
                entry.leases.add(lease);
                if (entry.withdrawn) {
                    lease.revoke();
                }
                return lease;
            }
        } finally {
            synchronized (monitor) {
                entry.creating--;
                monitor.notifyAll();
            }
        }
    }

    /** What is used of a plugin object: a reward that is of one kind or the other is replaced by what it chose. */
    private static Object chosen(Object plugin) {
        return plugin instanceof RewardChoice choice ? choice.chosen() : plugin;
    }

    /**
     * Waits until a plugin is available.
     *
     * @return false if the time ran out
     */
    public boolean await(PluginRole role, String id, Duration time) throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        synchronized (monitor) {
            while (current(role, id) == null) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return false;
                }
                monitor.wait(left);
            }
            return true;
        }
    }

    private @Nullable Entry current(PluginRole role, String id) {
        return entries.stream()
                .filter(entry -> !entry.withdrawn)
                .filter(entry -> entry.provider.description().role() == role
                        && entry.provider.description().id().equals(id))
                .max(Comparator.comparing(entry -> entry.provider.description().version(), Versions.ORDER))
                .orElse(null);
    }

    private PlumblineException unknown(PluginRole role, String id) {
        String known = entries.stream()
                .filter(entry -> !entry.withdrawn)
                .map(entry -> entry.provider.description())
                .filter(description -> description.role() == role)
                .map(PluginDescription::id)
                .distinct()
                .sorted()
                .collect(Collectors.joining(", "));
        Unavailable problem = unavailable.get(id);
        return PlumblineException.of(StandardError.UNKNOWN_PLUGIN)
                .asked(role.title() + " '" + id + "' is not available"
                        + (problem == null ? "" : ": " + String.join(": ", problem.reasons())))
                .available(known.isEmpty() ? "no " + role.title() + " at all" : known)
                .remedy("correct the id, or put the plugin's jar into the plugins folder;" + " 'plumbline why " + id
                        + "' tells more")
                .build();
    }

    /** A plugin's presence in the catalog. */
    public interface Registration {
        /**
         * Takes the plugin out: no new leases, the open ones are revoked, and the call waits until they are closed.
         *
         * @return false if the time ran out while leases were still open
         */
        boolean withdraw(Duration time);
    }

    private final class Entry implements Registration {
        final PluginProvider provider;
        final Set<Lease<?>> leases = new HashSet<>();
        final Closing closing;
        int creating;
        boolean withdrawn;

        Entry(PluginProvider provider) {
            this.provider = provider;
            this.closing = new Closing(PluginCatalog.this, provider.description(), patience);
        }

        void release(Lease<?> lease) {
            synchronized (monitor) {
                leases.remove(lease);
                monitor.notifyAll();
            }
        }

        @Override
        public boolean withdraw(Duration time) {
            long end = System.nanoTime() + time.toNanos();
            synchronized (monitor) {
                withdrawn = true;
                if (entries.remove(this)) {
                    changes++;
                    monitor.notifyAll();
                }
                leases.forEach(Lease::revoke);
                boolean interrupted = false;
                try {
                    while (!leases.isEmpty() || creating > 0) {
                        long left = (end - System.nanoTime()) / 1_000_000;
                        if (left <= 0) {
                            return false;
                        }
                        try {
                            monitor.wait(left);
                        } catch (InterruptedException wakeUp) {
                            // Stopping the bundle now would free what the holder uses; wait on and say so at the end.
                            interrupted = true;
                        }
                    }
                    return true;
                } finally {
                    if (interrupted) {
                        Thread.currentThread().interrupt();
                    }
                }
            }
        }
    }
}
