package org.plumbline.it.benchmark;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.toolkit.file.AtomicFile;
import org.plumbline.toolkit.meter.ResidentMemory;
import org.plumbline.toolkit.noise.NoiseStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * One call of the digits denoiser, forward and vector-Jacobian product, under the settings of djl-pytorch.
 *
 * <p>All settings are open at the same time and take turns, call by call, so that what else the machine does meets all of
 * them alike. Beside the time that passed stands the processor time of the calling thread, which always has the first part
 * of the work and joins the others': on cores that are free for it a call takes that long, whoever else is there now.
 */
@Command(
        name = "benchmark settings",
        mixinStandardHelpOptions = true,
        description = "One call of the digits denoiser under the settings of djl-pytorch: time and peak memory.")
final class SettingsBenchmark implements Callable<Integer> {
    private static final double MEBI = 1 << 20;
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();
    private static final Map<String, Map<String, Object>> SETTINGS = settings();

    @Option(names = "--home", required = true, paramLabel = "DIR", description = "The assembled application.")
    private Path home = Path.of("");

    @Option(names = "--output", required = true, paramLabel = "DIR", description = "Folder for the results.")
    private Path output = Path.of("");

    @Option(names = "--rounds", defaultValue = "60", description = "Calls per setting. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(names = "--rows", defaultValue = "16", description = "Rows of a call. Default: ${DEFAULT-VALUE}.")
    private int rows;

    private SettingsBenchmark() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SettingsBenchmark()).execute(arguments));
    }

    private static Map<String, Map<String, Object>> settings() {
        Map<String, Map<String, Object>> settings = new LinkedHashMap<>();
        settings.put("1 worker", Map.of());
        settings.put("2 workers", Map.of("workers", 2));
        settings.put("2 threads", Map.of("threads", 2));
        settings.put("recompute: segments", Map.of("recompute", "segments"));
        settings.put("precision: bfloat16", Map.of("precision", "bfloat16"));
        return settings;
    }

    /** Of calls of one kind, in milliseconds. */
    private static final class Times {
        private final List<Double> passed = new ArrayList<>();
        private final List<Double> computed = new ArrayList<>();

        void measure(Runnable call) {
            long processor = CLOCK.getCurrentThreadCpuTime();
            long start = System.nanoTime();
            call.run();
            passed.add((System.nanoTime() - start) / 1e6);
            computed.add((CLOCK.getCurrentThreadCpuTime() - processor) / 1e6);
        }

        void forget() {
            passed.clear();
            computed.clear();
        }

        String cells(Times first) {
            return String.format(
                    Locale.ROOT,
                    "%.1f | %.1f | %.1f | %.2f | %.2f",
                    quantile(passed, 0),
                    quantile(passed, 0.5),
                    quantile(computed, 0.5),
                    quantile(ratios(first.passed, passed), 0.5),
                    quantile(first.computed, 0.5) / quantile(computed, 0.5));
        }

        /** Of neighbours in time. */
        private static List<Double> ratios(List<Double> first, List<Double> other) {
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < first.size(); i++) {
                ratios.add(first.get(i) / other.get(i));
            }
            return ratios;
        }

        private static double quantile(List<Double> values, double fraction) {
            double[] sorted =
                    values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            return sorted[(int) (fraction * (sorted.length - 1))];
        }
    }

    /** The denoiser of one setting, ready to be called. */
    private static final class Candidate implements AutoCloseable {
        private final BackendSession session;
        private final TensorArena arena;
        private final Network network;
        private final Map<String, Tensor> inputs = new LinkedHashMap<>();
        private final Tensor theta;
        final Times forward = new Times();
        final Times vjp = new Times();
        double peak;

        Candidate(ComputeBackend backend, DiffusionModel model, TrainableWeights weights, int rows) {
            session = backend.open();
            arena = session.arena();
            network = session.compile(weights.denoiser(), model.denoiserWeights(), weights.layout());
            double[] initial = Experiment.moved(weights.initial(1));
            theta = arena.tensor(initial, initial.length);
            for (TensorSpec spec : network.definition().inputs()) {
                double[] numbers =
                        NoiseStream.of(1, "benchmark." + spec.name(), 0).gaussians(rows * spec.rowSize());
                long[] shape = spec.shape();
                shape[0] = rows;
                inputs.put(spec.name(), arena.tensor(numbers, shape));
            }
        }

        private void call(boolean back) {
            try (TensorArena into = arena.nested()) {
                if (back) {
                    String sample = DenoiserInput.SAMPLE.key();
                    Tensor cotangent = inputs.get(sample);
                    network.vjp(into, theta, inputs, cotangent, Set.of(sample));
                } else {
                    network.forward(into, theta, inputs);
                }
            }
        }

        void time() {
            forward.measure(() -> call(false));
            vjp.measure(() -> call(true));
        }

        void measureMemory() {
            session.trim();
            long before = ResidentMemory.now().orElse(0);
            ResidentMemory.resetPeak();
            call(true);
            peak = (ResidentMemory.peak().orElse(before) - before) / MEBI;
        }

        @Override
        public void close() {
            session.close();
        }
    }

    @Override
    public Integer call() throws Exception {
        String table = measure();
        AtomicFile.write(output.resolve("settings.md"), table);
        System.out.println(table);
        return 0;
    }

    private String measure() {
        try (Experiment experiment = new Experiment(home.toAbsolutePath(), output.resolve("framework"))) {
            DiffusionModel model = experiment.parts().model();
            TrainableWeights weights = model.trainable(experiment.target());
            Map<String, Candidate> candidates = new LinkedHashMap<>();
            SETTINGS.forEach((title, settings) ->
                    candidates.put(title, new Candidate(experiment.backend(settings), model, weights, rows)));
            for (int round = -5; round < rounds; round++) {
                for (Candidate candidate : candidates.values()) {
                    candidate.time();
                    if (round < 0) {
                        candidate.forward.forget();
                        candidate.vjp.forget();
                    }
                }
            }
            candidates.values().forEach(Candidate::measureMemory);
            candidates.values().forEach(Candidate::measureMemory);
            String table = table(candidates);
            candidates.values().forEach(Candidate::close);
            return table;
        }
    }

    private String table(Map<String, Candidate> candidates) {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "Denoiser of digits with adapters of rank %d, %d rows. Milliseconds: least and median of what passed, median"
                        + " of what the calling thread computed; speed relative to the first row, by either.%n%n"
                        + "| setting | forward least | median | computed | speed | by CPU | VJP least | median | computed"
                        + " | speed | by CPU | peak memory of VJP, MiB |%n|---|---|---|---|---|---|---|---|---|---|---|---|%n",
                Experiment.RANK,
                rows));
        Candidate first = candidates.values().iterator().next();
        candidates.forEach((title, one) -> text.append(String.format(
                Locale.ROOT,
                "| %s | %s | %s | %.1f |%n",
                title,
                one.forward.cells(first.forward),
                one.vjp.cells(first.vjp),
                one.peak)));
        return text.toString();
    }
}
