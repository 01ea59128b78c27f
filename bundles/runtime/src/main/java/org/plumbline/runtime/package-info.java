/**
 * Turns annotated classes of plugin bundles into plugins that can be leased, and keeps them in step with the plugin
 * folders while the host runs.
 *
 * <p>Three parts, from the file to the catalog:
 *
 * <ol>
 *   <li>{@link org.plumbline.runtime.PluginFolders} looks at the plugin folders again and again, and tells
 *   <li>{@link org.plumbline.runtime.PluginJars}, which installs, updates and uninstalls bundles. It starts a bundle's
 *       change only when nobody uses its plugins any more;
 *   <li>{@link org.plumbline.runtime.PluginExtender} sees a bundle start, reads the classes that its
 *       {@code Plumbline-Plugins} header names, and registers a {@link org.plumbline.runtime.GuicePluginProvider} for each,
 *       in the {@link org.plumbline.kernel.plugin.PluginCatalog} and as an OSGi service; it sees the bundle stop, and
 *       takes them back before the bundle's classes go away.
 * </ol>
 *
 * <p>The catalog belongs to the ground floor: the launcher makes it and publishes it as a service before this bundle
 * starts, so that it is there for commands whatever becomes of this bundle. What cannot be used is reported to it as
 * {@link org.plumbline.kernel.plugin.Unavailable}, with the chain of reasons.
 *
 * <p>Framework properties: {@code plumbline.home}, the folder of the distribution; {@code plumbline.plugins.folders},
 * separated like a class path; {@code plumbline.plugins.poll} and {@code plumbline.plugins.drain}, in milliseconds.
 */
@NullMarked
package org.plumbline.runtime;

import org.jspecify.annotations.NullMarked;
