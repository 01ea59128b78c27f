/**
 * From what a user wrote to a configuration record, and back.
 *
 * <p>A plugin states its settings once, as a record whose components carry
 * {@link org.plumbline.spi.plugin.Setting @Setting}. A {@link org.plumbline.toolkit.settings.SettingsBinder} for that
 * record reads the user's YAML section into it, lists the settings for the help, and writes a record back with every
 * value, defaults included, for the provenance of a run:
 *
 * <pre>{@code
 * record Configuration(
 *         @Setting(description = "perturbed rollouts per update", defaultValue = "4", min = 1) int directions,
 *         @Setting(description = "length of a perturbation", defaultValue = "1e-2", min = 0) double stepSize,
 *         @Setting(description = "where the chain is cut", defaultValue = "tiled-ho") Mode mode) {}
 *
 * SettingsBinder<Configuration> binder = SettingsBinder.of(Configuration.class);
 * Configuration configuration = binder.bind(Map.of("step-size", "1e-3"), "estimator 'rlr'");
 * }</pre>
 *
 * <p>A component that is a record is a section of its own; one that is {@link org.plumbline.spi.plugin.Included @Included}
 * is not, and its settings stand beside the others. So settings that several plugins have are written down once.
 *
 * <p>Nothing is guessed: a key that the record does not have is an error which lists the known keys and the nearest one;
 * a value that is malformed or out of range is an error which says what is allowed and what the default is. Errors in the
 * record itself, such as a default that is out of range, are the author's and are found when the binder is made.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.toolkit.settings;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
