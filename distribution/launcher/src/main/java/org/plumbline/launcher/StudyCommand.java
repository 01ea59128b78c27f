package org.plumbline.launcher;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.control.ControlSocket;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.report.Report;
import org.plumbline.kernel.study.Study;
import org.plumbline.kernel.study.StudyControls;
import org.plumbline.kernel.study.StudyFile;
import org.plumbline.kernel.study.StudyPlan;
import org.plumbline.kernel.study.StudySettings;
import org.plumbline.launcher.console.SettingsTable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.toolkit.settings.SettingsBinder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plumbline study}: compares estimators, and writes a report. */
@Command(
        name = "study",
        description = {
            "Compares gradient estimators: fine-tunes a model with each of them under one budget, holds their gradients"
                    + " against the true one, and writes a report.",
            "Without a file, runs the first study that is shipped."
        })
final class StudyCommand implements HostedCommand {
    private static final String FIRST = "studies/first.yaml";

    @Parameters(
            arity = "0..1",
            paramLabel = "FILE",
            description = "The study (YAML); see the shipped ones in studies/.")
    private @Nullable Path file;

    @Option(names = "--output", paramLabel = "DIR", description = "Folder of the run; default: output of the file.")
    private @Nullable Path output;

    @Option(names = "--resume", description = "Continue the run in the output folder where it stopped.")
    private boolean resume;

    @Option(names = "--settings", description = "List what a study file may say, and run nothing.")
    private boolean settings;

    @Override
    public int run(Invocation invocation) {
        if (settings) {
            new SettingsTable(SettingsBinder.of(StudySettings.class).describe()).print(invocation.out());
            return 0;
        }
        Path asked = invocation.find(file == null ? Path.of(FIRST) : file);
        StudyRun run = new StudyRun(invocation, StudyFile.read(asked), command());
        return run.execute(output, resume);
    }

    private List<String> command() {
        List<String> command = new ArrayList<>(List.of("./plumbline", "study"));
        if (file != null) {
            command.add(file.toString());
        }
        return command;
    }

    /** Runs a study file and writes its report, also when it was stopped. */
    record StudyRun(Invocation invocation, StudyFile file, List<String> command) {
        private static final Logger LOG = LoggerFactory.getLogger(StudyRun.class);

        /** What is done with a study. */
        interface Work {
            RunFolder run(Study study, Path folder, boolean resume);
        }

        int execute(@Nullable Path chosen, boolean resume) {
            return execute(chosen, resume, "", Study::run);
        }

        /**
         * @param suffix of the folder's name, if none was chosen
         */
        int execute(@Nullable Path chosen, boolean resume, String suffix, Work work) {
            Path folder = chosen != null ? chosen : folder(resume, suffix);
            if (!resume) {
                RunFolder.requireUsable(folder);
            }
            StudyPlan plan = StudyPlan.of(invocation.study(), file, command);
            PrintWriter out = invocation.out();
            Study study = new Study(invocation.study(), plan);
            ControlSocket control = listen(study, folder);
            try {
                report(work.run(study, folder, resume), out);
                return 0;
            } catch (PlumblineException stopped) {
                report(RunFolder.open(folder), out);
                out.println("Continue with: " + String.join(" ", command) + " --resume --output " + folder);
                throw stopped;
            } finally {
                if (control != null) {
                    control.close();
                }
            }
        }

        /** Lets the run be controlled from outside, if the system has what that needs. */
        private @Nullable ControlSocket listen(Study study, Path folder) {
            try {
                return ControlSocket.open(
                        Sockets.folder(),
                        new StudyControls(study, file.settings().name(), folder));
            } catch (IOException | UnsupportedOperationException impossible) {
                LOG.warn("this run cannot be controlled by 'plumbline backend': {}", impossible.getMessage());
                return null;
            }
        }

        /** The file's output folder; a fresh one beside it if a run is already there. */
        private Path folder(boolean resume, String suffix) {
            String named = file.settings().output();
            Path folder = Path.of((named == null
                            ? "runs/" + RunFolder.fileName(file.settings().name())
                            : named)
                    + suffix);
            Path free = folder;
            for (int i = 2; !resume && java.nio.file.Files.exists(free.resolve("study.json")); i++) {
                free = folder.resolveSibling(folder.getFileName() + "-" + i);
            }
            return free;
        }

        private static void report(RunFolder run, PrintWriter out) {
            Path html = Report.write(run);
            out.println("Report: " + html.toAbsolutePath().normalize());
            out.flush();
        }
    }
}
