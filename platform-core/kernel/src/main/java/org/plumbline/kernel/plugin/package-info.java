/**
 * Which plugins there are, and how the host holds on to them.
 *
 * <p>The {@link org.plumbline.kernel.plugin.PluginCatalog} knows one {@link org.plumbline.kernel.plugin.PluginProvider}
 * per plugin class. Providers come and go while runs are on their way: in OSGi with their bundle, in tests by hand. A
 * run never holds a plugin object directly; it holds a {@link org.plumbline.kernel.plugin.Lease}. When a provider is
 * withdrawn, its leases are revoked, their holders finish the step they are in, let go of everything that came from the
 * plugin, and close the lease; only then is the plugin closed and its bundle stopped. Stopping earlier would free native
 * memory that is in use, which ends the process.
 */
@Export
@Version("1.1.0")
@NullMarked
package org.plumbline.kernel.plugin;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
