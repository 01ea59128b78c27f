package org.plumbline.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.study.Study;
import org.plumbline.kernel.study.StudyContext;
import org.plumbline.kernel.study.StudyFile;
import org.plumbline.kernel.study.StudyPlan;
import org.plumbline.launcher.Host;

/** A host with the distribution's plugins and the {@link ToyPlugins}, and studies in it. */
final class ToyStudies implements AutoCloseable {
    /** Long enough for everything here to be let go, and short enough to wait for what never is. */
    private static final Duration DRAIN = Duration.ofSeconds(4);

    private final Host host;

    ToyStudies(Path cache) {
        Host.Settings usual = Host.Settings.of(App.HOME, cache.resolve("more"));
        host = Host.start(new Host.Settings(usual.home(), usual.pluginFolders(), cache, usual.poll(), DRAIN));
        ToyPlugins.register(host.catalog());
    }

    PluginCatalog catalog() {
        return host.catalog();
    }

    /** A study from a text, which is written to a file beside which its file names are looked up. */
    Study study(Path file, String text, Interruption interruption, Progress progress) throws IOException {
        Files.writeString(file, text);
        StudyContext context = context(interruption, progress);
        return new Study(context, StudyPlan.of(context, StudyFile.read(file), List.of("plumbline", "study")));
    }

    StudyContext context(Interruption interruption, Progress progress) {
        return new StudyContext(catalog(), App.HOME, "test", progress, interruption);
    }

    /** A study with some of its top-level entries replaced or added; each stands on one line. */
    static String with(String study, String... keysAndValues) {
        String changed = study;
        for (int i = 0; i < keysAndValues.length; i += 2) {
            String key = keysAndValues[i];
            String line = key + ": " + keysAndValues[i + 1].replace('\n', ' ');
            changed = changed.contains("\n" + key + ":")
                    ? changed.replaceFirst("(?m)^" + key + ":.*$", Matcher.quoteReplacement(line))
                    : changed + line + "\n";
        }
        return changed;
    }

    @Override
    public void close() {
        host.close();
    }
}
