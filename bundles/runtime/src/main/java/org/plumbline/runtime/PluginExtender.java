package org.plumbline.runtime;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.Version;
import org.osgi.util.tracker.BundleTrackerCustomizer;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers the plugins of bundles that start and takes them back from bundles that stop. Thread-safe.
 *
 * <p>An id belongs to one bundle, the first to claim it within its role; a claim of another bundle waits until the first
 * is gone. Several versions of one bundle may hold the id together; the catalog hands out the newest.
 */
final class PluginExtender implements BundleTrackerCustomizer<List<PluginExtender.Claim>> {
    private static final Logger LOG = LoggerFactory.getLogger(PluginExtender.class);
    private static final String HEADER = "Plumbline-Plugins";

    private final PluginCatalog catalog;
    private final Problems problems;
    private final Path home;
    private final Duration drain;
    /** In the order in which they were made. */
    private final List<Claim> claims = new ArrayList<>();

    /**
     * An extender.
     *
     * @param drain how long a bundle that is stopped waits until its plugins are no longer used
     */
    PluginExtender(PluginCatalog catalog, Problems problems, Path home, Duration drain) {
        this.catalog = catalog;
        this.problems = problems;
        this.home = home;
        this.drain = drain;
    }

    /** The classes that a bundle names as plugins. */
    static List<String> pluginClasses(Bundle bundle) {
        String header = bundle.getHeaders("").get(HEADER);
        return header == null || header.isBlank()
                ? List.of()
                : List.of(header.strip().split("\\s*,\\s*"));
    }

    // ---- bundles come

    @Override
    public @Nullable List<Claim> addingBundle(Bundle bundle, @Nullable BundleEvent event) {
        List<Claim> mine = new ArrayList<>();
        for (String name : pluginClasses(bundle)) {
            try {
                mine.add(new Claim(new GuicePluginProvider(PluginClass.read(bundle, name), bundle, home), bundle));
            } catch (PluginClass.Refused refused) {
                String what = refused.id() == null ? name : refused.id();
                List<String> reasons =
                        new ArrayList<>(List.of("in " + bundle.getSymbolicName() + " " + bundle.getVersion()));
                reasons.addAll(refused.reasons());
                problems.report(bundle, what, reasons);
            }
        }
        mine.forEach(this::admit);
        return pluginClasses(bundle).isEmpty() ? null : mine;
    }

    private void admit(Claim claim) {
        Optional<Claim> owner;
        synchronized (claims) {
            owner = claims.stream().filter(claim::excludedBy).findFirst();
            claims.add(claim);
        }
        if (owner.isPresent()) {
            problems.report(
                    claim,
                    claim.id() + " (" + claim.bundle.getSymbolicName() + ")",
                    List.of(
                            claim.provider.description() + " is not used",
                            "the id is taken by " + owner.get().provider.description(),
                            "remove one of the two jars, or give one another id"));
        } else {
            claim.publish();
        }
    }

    @Override
    public void modifiedBundle(Bundle bundle, @Nullable BundleEvent event, List<Claim> mine) {}

    // ---- bundles go

    /**
     * Starts to take a bundle's plugins back: nobody gets them any more, and who holds them is asked to let go.
     *
     * @return true if nobody holds one any more after the time
     */
    boolean withdraw(Bundle bundle, Duration time) {
        List<Claim> mine;
        synchronized (claims) {
            mine = claims.stream().filter(claim -> claim.bundle.equals(bundle)).toList();
        }
        // All are revoked before any is waited for.
        mine.forEach(claim -> claim.withdraw(Duration.ZERO));
        long end = System.nanoTime() + time.toNanos();
        boolean free = true;
        for (Claim claim : mine) {
            free &= claim.withdraw(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        }
        return free;
    }

    /** Called while the bundle is stopping and its classes still work. */
    @Override
    public void removedBundle(Bundle bundle, @Nullable BundleEvent event, List<Claim> mine) {
        boolean free = withdraw(bundle, drain);
        problems.forget(bundle);
        mine.forEach(problems::forget);
        if (!free) {
            String still = "was stopped while it was still in use, after waiting " + drain.toMillis() / 1000.0 + " s";
            LOG.warn("{} {} {}", bundle.getSymbolicName(), bundle.getVersion(), still);
            mine.forEach(
                    claim -> problems.report(this, claim.id(), List.of(claim.provider.description() + " " + still)));
        }
        List<Claim> heirs;
        synchronized (claims) {
            claims.removeAll(mine);
            heirs = claims.stream()
                    .filter(claim -> mine.stream().anyMatch(claim::sameId))
                    .filter(claim -> claims.stream().noneMatch(claim::excludedBy))
                    .toList();
        }
        for (Claim heir : heirs) {
            problems.forget(heir);
            heir.publish();
        }
    }

    /** A bundle's wish to provide a plugin, and, once it is granted, the plugin's presence. */
    final class Claim {
        final PluginProvider provider;
        final Bundle bundle;
        private boolean gone;
        private PluginCatalog.@Nullable Registration entry;
        private @Nullable ServiceRegistration<PluginProvider> service;

        Claim(PluginProvider provider, Bundle bundle) {
            this.provider = provider;
            this.bundle = bundle;
        }

        String id() {
            return provider.description().id();
        }

        boolean sameId(Claim other) {
            PluginDescription mine = provider.description();
            PluginDescription others = other.provider.description();
            return mine.role() == others.role() && mine.id().equals(others.id());
        }

        /** True if the other claim was there first and comes from a different bundle. */
        boolean excludedBy(Claim other) {
            return other != this
                    && sameId(other)
                    && !bundle.getSymbolicName().equals(other.bundle.getSymbolicName())
                    && (!claims.contains(this) || claims.indexOf(other) < claims.indexOf(this));
        }

        synchronized void publish() {
            BundleContext context = bundle.getBundleContext();
            if (gone || entry != null || context == null) {
                return;
            }
            PluginDescription description = provider.description();
            service = context.registerService(
                    PluginProvider.class,
                    provider,
                    FrameworkUtil.asDictionary(Map.of(
                            "id", description.id(),
                            "role", description.role().name(),
                            "version", Version.parseVersion(description.version()))));
            entry = catalog.register(provider);
            LOG.info("{} is available", description);
        }

        /** True if nobody holds it any more. */
        boolean withdraw(Duration time) {
            PluginCatalog.@Nullable Registration registration;
            synchronized (this) {
                if (service != null) {
                    service.unregister();
                    service = null;
                    LOG.info("{} is withdrawn", provider.description());
                }
                gone = true;
                registration = entry;
            }
            return registration == null || registration.withdraw(time);
        }
    }
}
