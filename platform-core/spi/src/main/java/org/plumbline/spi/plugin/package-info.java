/**
 * How a class becomes a plugin.
 *
 * <p>One annotated class is one plugin. It implements one role ({@code Sampler}, {@code RewardModel},
 * {@code GradientEstimator}, {@code ModelLoader}, {@code ComputeBackend}, {@code CaptionedDataset}), has one public or
 * package-private constructor, and takes there its configuration record and, if it wants, a
 * {@link org.plumbline.spi.plugin.PluginContext}:
 *
 * <pre>{@code
 * @Plugin(id = "com.example.brightness", description = "mean brightness of the image",
 *         configuration = Brightness.Configuration.class)
 * final class Brightness implements DifferentiableRewardModel {
 *     record Configuration(@Setting(description = "sign of the reward", defaultValue = "1", min = -1, max = 1) int sign) {}
 *
 *     @Inject Brightness(Configuration configuration) { ... }
 * }
 * }</pre>
 *
 * <p>The build writes the class's name in the jar's {@code Plumbline-Plugins} header; the host finds it there, binds the
 * user's settings to the record, creates the object and publishes it. There is no activator, no registration code and no
 * static state. Ids without a dot belong to the project; everybody else uses a reverse domain name.
 */
@Export
@Version("1.1.0")
@NullMarked
package org.plumbline.spi.plugin;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
