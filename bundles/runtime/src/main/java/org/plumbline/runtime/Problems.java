package org.plumbline.runtime;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.Unavailable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reports problems to the catalog, and takes back those of a source, such as a bundle or a file, that has changed. Thread-safe. */
final class Problems {
    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    private final PluginCatalog catalog;
    private final Map<Object, Set<String>> bySource = new HashMap<>();

    Problems(PluginCatalog catalog) {
        this.catalog = catalog;
    }

    synchronized void report(Object source, String what, List<String> reasons) {
        bySource.computeIfAbsent(source, any -> new HashSet<>()).add(what);
        catalog.report(new Unavailable(what, reasons));
        LOG.info("{} is not available: {}", what, String.join(": ", reasons));
    }

    synchronized void forget(Object source) {
        Set<String> reported = bySource.remove(source);
        if (reported != null) {
            reported.forEach(catalog::forget);
        }
    }
}
