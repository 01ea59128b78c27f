package org.plumbline.launcher;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.plumbline.kernel.plugin.Places;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.study.StudyContext;

/**
 * What a command works with. All of it belongs to the launcher and is closed there.
 *
 * @param host the running host
 * @param out for results
 * @param progress to say how far the work is
 * @param interruption to be asked at every step boundary
 */
record Invocation(Host host, PrintWriter out, Progress progress, Interruption interruption) {
    /** Finds a file of the user: as named from the working directory, or one that is shipped. */
    Path find(Path name) {
        return new Places(List.of(Path.of(""), host.home())).resolve(name.toString());
    }

    /** What a study finds around it. */
    StudyContext study() {
        String version = Invocation.class.getPackage().getImplementationVersion();
        return new StudyContext(
                host.catalog(), host.home(), version == null ? "(not packaged)" : version, progress, interruption);
    }
}
