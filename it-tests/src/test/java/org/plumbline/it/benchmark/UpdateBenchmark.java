package org.plumbline.it.benchmark;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.plumbline.toolkit.file.AtomicFile;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures all methods in turn, several rounds, so that a disturbance of the machine does not meet one method alone. */
@Command(
        name = "benchmark",
        mixinStandardHelpOptions = true,
        description = "One update of every estimator on the digits model: time, network evaluations, peak memory.")
final class UpdateBenchmark implements Callable<Integer> {
    @Option(names = "--home", required = true, paramLabel = "DIR", description = "The assembled application.")
    private Path home = Path.of("");

    @Option(names = "--output", required = true, paramLabel = "DIR", description = "Folder for the results.")
    private Path output = Path.of("");

    @Option(names = "--rounds", defaultValue = "2", description = "Processes per method. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--updates",
            defaultValue = "3",
            description = "Timed updates per process. Default: ${DEFAULT-VALUE}.")
    private int updates;

    @Option(
            names = "--device",
            defaultValue = "cpu",
            description = "Device of djl-pytorch: cpu, cuda or cuda:N. Default: ${DEFAULT-VALUE}.")
    private String device = "cpu";

    @Option(names = "--only", split = ",", paramLabel = "METHOD", description = "Measure these methods only.")
    private @Nullable List<String> only;

    @Option(
            names = "--peer",
            paramLabel = "PYTHON",
            description = "Also run the same updates written in PyTorch, with this Python.")
    private @Nullable String python;

    @Option(names = "--peer-program", paramLabel = "FILE", description = "The PyTorch program.")
    private Path peerProgram = Path.of("");

    private UpdateBenchmark() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new UpdateBenchmark()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        Launch launch = new Launch(home.toAbsolutePath(), output.toAbsolutePath(), device);
        List<Method> methods = Arrays.stream(Method.values())
                .filter(method -> only == null || only.contains(method.key()))
                .toList();
        Result result = new Result();
        launch.writeCase();
        for (int round = 1; round <= rounds; round++) {
            for (Method method : methods) {
                say(round, method.title());
                result.add(method, launch.measure(method, updates));
                String peer = python;
                if (peer != null && method.peer()) {
                    say(round, method.title() + " in PyTorch");
                    result.addPeer(method, launch.measurePeer(peer, peerProgram, method, updates));
                }
            }
            AtomicFile.write(output.resolve("updates.json"), result.json());
            AtomicFile.write(output.resolve("updates.md"), result.markdown());
        }
        System.out.println(result.markdown());
        System.out.println("Written to " + output.resolve("updates.md") + " and " + output.resolve("updates.json"));
        return 0;
    }

    private void say(int round, String what) {
        System.err.println("round " + round + " of " + rounds + ": " + what);
    }
}
