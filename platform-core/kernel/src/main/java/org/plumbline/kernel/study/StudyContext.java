package org.plumbline.kernel.study;

import java.nio.file.Path;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;

/**
 * What a study finds around it.
 *
 * @param catalog the plugins
 * @param home folder of the distribution, with the shipped models
 * @param version of Plumbline
 * @param progress hears how far the work is
 * @param interruption asked at every step boundary
 */
public record StudyContext(
        PluginCatalog catalog, Path home, String version, Progress progress, Interruption interruption) {}
