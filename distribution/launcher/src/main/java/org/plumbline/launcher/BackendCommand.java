package org.plumbline.launcher;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.control.ControlClient;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plumbline backend}: looks at jobs that run, and moves them to another backend. */
@Command(
        name = "backend",
        description =
                "Shows on which backend running jobs compute, and moves them to another one without losing a step.",
        subcommands = {BackendCommand.Status.class, BackendCommand.Swap.class})
final class BackendCommand {
    /** {@code plumbline backend status}. */
    @Command(name = "status", description = "Lists the jobs of this user that run now, with their backends.")
    static final class Status implements LocalCommand {
        @Override
        public int run(PrintWriter out) {
            List<ControlClient.Run> runs = new ControlClient(Sockets.folder()).runs();
            runs.forEach(run -> out.println(run.status()));
            if (runs.isEmpty()) {
                out.println("no job is running");
            }
            return 0;
        }
    }

    /** {@code plumbline backend swap}. */
    @Command(
            name = "swap",
            description = {
                "Moves a running job to another backend at its next step boundary, after the two were held against each"
                        + " other on the same input. If they do not agree the job stays where it is.",
                "Example: plumbline backend swap djl-pytorch threads=2 --rollouts onnxruntime"
            })
    static final class Swap implements LocalCommand {
        @Parameters(index = "0", paramLabel = "ID", description = "The backend's id; 'plumbline plugins' lists them.")
        private String id = "";

        @Parameters(
                index = "1..*",
                paramLabel = "KEY=VALUE",
                description = "Its settings; 'plumbline plugins --settings ID' lists them.")
        private Map<String, String> settings = new LinkedHashMap<>();

        @Option(
                names = "--rollouts",
                paramLabel = "ID",
                description = "Another backend that runs the networks forward, while the first one computes gradients.")
        private @Nullable String rollouts;

        @Option(
                names = "--rollouts-setting",
                paramLabel = "KEY=VALUE",
                description = "A setting of that one; may be repeated.")
        private Map<String, String> rolloutsSettings = new LinkedHashMap<>();

        @Option(names = "--run", paramLabel = "DIR", description = "Folder of the run; needed if several are running.")
        private @Nullable Path folder;

        @Override
        public int run(PrintWriter out) {
            ControlClient client = new ControlClient(Sockets.folder());
            return client.swap(chosen(client.runs()), choice(), line -> {
                out.println(line);
                out.flush();
            });
        }

        private BackendChoice choice() {
            Map<String, Object> section = PluginSection.of(id, settings);
            if (rollouts != null) {
                section.put("rollouts", PluginSection.of(rollouts, rolloutsSettings));
            }
            return BackendChoice.of(section);
        }

        private ControlClient.Run chosen(List<ControlClient.Run> runs) {
            List<ControlClient.Run> meant = runs;
            if (folder != null) {
                String path = folder.toAbsolutePath().normalize().toString();
                meant = runs.stream().filter(run -> run.folder().equals(path)).toList();
            }
            if (meant.size() == 1) {
                return meant.get(0);
            }
            String there = runs.stream().map(ControlClient.Run::folder).collect(Collectors.joining(", "));
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked(
                            meant.isEmpty()
                                    ? "a job to move" + (folder == null ? "" : " that writes to " + folder)
                                    : "one job to move, and " + meant.size() + " are running")
                    .available(there.isEmpty() ? "no job is running" : there)
                    .remedy(there.isEmpty() ? "start one first" : "name one with --run DIR")
                    .build();
        }
    }
}
