package org.plumbline.launcher;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.SwapReport;
import org.plumbline.kernel.study.Study;
import org.plumbline.kernel.study.StudyContext;
import org.plumbline.kernel.study.StudyFile;
import org.plumbline.kernel.study.StudyPlan;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.launcher.console.Table;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code plumbline demo}: shows in a minute or two what the platform is about. */
@Command(
        name = "demo",
        description = "Demonstrations of what the platform can do.",
        subcommands = {DemoCommand.HotSwap.class})
final class DemoCommand {
    /** {@code plumbline demo hot-swap}. */
    @Command(
            name = "hot-swap",
            description = {
                "Fine-tunes the shipped model three times: without a swap; moved twice in mid-run to a new session of the"
                        + " same backend; moved to ONNX Runtime for its rollouts, and back.",
                "Shows that the first two end with the same parameters, bit by bit, and the third within a tolerance."
            })
    static final class HotSwap implements HostedCommand {
        private static final Path STUDY = Path.of("studies/hot-swap.yaml");
        private static final int COLUMNS = 120;

        /** The distance of the parameters from those without a swap, over their norm, that rounding may explain. */
        private static final double TOLERANCE = 1e-4;

        private static final long THERE = 4;
        private static final long BACK = 8;

        @Option(
                names = "--output",
                paramLabel = "DIR",
                description = "Where the three runs go; default: runs/hot-swap.")
        private Path output = Path.of("runs/hot-swap");

        @Override
        public int run(Invocation invocation) {
            StudyFile file = StudyFile.read(invocation.find(STUDY));
            BackendChoice home = BackendChoice.of(file.settings().backend());
            BackendChoice composite =
                    BackendChoice.of(Map.of("id", "djl-pytorch", "rollouts", Map.of("id", "onnxruntime")));
            PrintWriter out = invocation.out();
            Path folder = free(output);

            out.println("1. without a swap");
            out.flush();
            RunFolder plain = fineTune(invocation, file, folder.resolve("plain"), Map.of());
            out.println("2. to a new session of the same backend after updates " + THERE + " and " + BACK);
            out.flush();
            RunFolder same = fineTune(invocation, file, folder.resolve("same"), Map.of(THERE, home, BACK, home));
            out.println("3. to " + composite + " after update " + THERE + ", and back after update " + BACK);
            out.flush();
            RunFolder other =
                    fineTune(invocation, file, folder.resolve("composite"), Map.of(THERE, composite, BACK, home));

            double distanceSame = distance(plain, same);
            double distanceOther = distance(plain, other);
            Table table = new Table("RUN", "REWARD BEFORE", "AFTER", "SWAPS", "PARAMETERS AGAINST RUN 1", "ACCEPTED");
            row(table, "1 without a swap", plain, "");
            row(
                    table,
                    "2 same backend",
                    same,
                    distanceSame == 0 ? "equal bit by bit" : relative(distanceSame),
                    "equal");
            row(table, "3 composite and back", other, relative(distanceOther), relative(TOLERANCE));
            table.print(out, COLUMNS);
            out.println("All three are in " + folder.toAbsolutePath().normalize());
            if (distanceSame != 0 || !(distanceOther <= TOLERANCE) || reported(same) != 2 || reported(other) != 2) {
                throw PlumblineException.of(StandardError.DISAGREEMENT)
                        .asked("swapped runs do not end where the one without a swap does, as the table shows")
                        .remedy("run 'plumbline doctor'; it is a defect of a backend or of the platform")
                        .build();
            }
            return 0;
        }

        /** Fine-tunes, and orders backends after the updates that a map names. */
        private static RunFolder fineTune(
                Invocation invocation, StudyFile file, Path folder, Map<Long, BackendChoice> orders) {
            StudyContext given = invocation.study();
            AtomicReference<Study> running = new AtomicReference<>();
            Progress listening = new OnUpdate(
                    given.progress(),
                    update -> {
                        BackendChoice order = orders.get(update);
                        if (order != null) {
                            Objects.requireNonNull(running.get()).order(order);
                        }
                    },
                    line -> {
                        invocation.out().println(line);
                        invocation.out().flush();
                    });
            StudyContext context =
                    new StudyContext(given.catalog(), given.home(), given.version(), listening, given.interruption());
            Study study = new Study(context, StudyPlan.of(context, file, List.of("./plumbline", "demo", "hot-swap")));
            running.set(study);
            return study.run(folder, false);
        }

        private static Path free(Path wanted) {
            Path folder = wanted;
            for (int i = 2; Files.exists(folder.resolve("plain")); i++) {
                folder = wanted.resolveSibling(wanted.getFileName() + "-" + i);
            }
            return folder;
        }

        private static List<SwapReport> swaps(RunFolder run) {
            return run.records().stream()
                    .filter(SwapReport.class::isInstance)
                    .map(SwapReport.class::cast)
                    .toList();
        }

        private static long reported(RunFolder run) {
            return swaps(run).stream()
                    .filter(report -> report.outcome() == SwapReport.Outcome.SWAPPED)
                    .count();
        }

        private static void row(Table table, String name, RunFolder run, String... ends) {
            List<EvaluationRecord> evaluations = run.records().stream()
                    .filter(EvaluationRecord.class::isInstance)
                    .map(EvaluationRecord.class::cast)
                    .toList();
            List<String> cells = new ArrayList<>(List.of(
                    name,
                    reward(evaluations.get(0)),
                    reward(evaluations.get(evaluations.size() - 1)),
                    Long.toString(reported(run))));
            cells.addAll(List.of(ends));
            while (cells.size() < 6) {
                cells.add("");
            }
            table.row(cells.toArray(String[]::new));
        }

        private static String reward(EvaluationRecord evaluation) {
            return String.format(Locale.ROOT, "%.6f", evaluation.reward().mean());
        }

        private static String relative(double distance) {
            return String.format(Locale.ROOT, "%.2g of their norm", distance);
        }

        /** Of the trained parameters of two runs, over the norm of the first one's. */
        private static double distance(RunFolder run, RunFolder other) {
            Map<String, float[]> expected = parameters(run);
            Map<String, float[]> found = parameters(other);
            double squares = 0;
            double norm = 0;
            for (Map.Entry<String, float[]> entry : expected.entrySet()) {
                float[] values = entry.getValue();
                float[] others = Objects.requireNonNull(found.get(entry.getKey()), entry.getKey());
                for (int i = 0; i < values.length; i++) {
                    double difference = (double) others[i] - values[i];
                    squares += difference * difference;
                    norm += (double) values[i] * values[i];
                }
            }
            return Math.sqrt(squares / norm);
        }

        private static Map<String, float[]> parameters(RunFolder run) {
            String trial = run.description().trials().get(0).label();
            Path folder = run.weights(trial, run.description().seeds().get(0));
            Map<String, float[]> parameters = new TreeMap<>();
            try (SafetensorsFile file = SafetensorsFile.open(weightsIn(folder))) {
                file.names().forEach(name -> parameters.put(name, file.floats(name)));
            }
            return parameters;
        }

        private static Path weightsIn(Path folder) {
            try (Stream<Path> files = Files.list(folder)) {
                return files.filter(file -> file.toString().endsWith(".safetensors"))
                        .findFirst()
                        .orElseThrow();
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
    }
}
