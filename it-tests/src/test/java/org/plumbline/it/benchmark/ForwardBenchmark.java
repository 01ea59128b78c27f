package org.plumbline.it.benchmark;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.plumbline.kernel.backend.CompositeBackend;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.launcher.Host;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.toolkit.noise.NoiseStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * One forward pass of the denoiser of the digits model on every backend with one thread. The calls alternate, so that a
 * disturbance of the machine meets all. Measured is the processor time of the calling thread, which does all the work, and
 * wall time.
 */
@Command(
        name = "benchmark forward",
        mixinStandardHelpOptions = true,
        description = "One forward pass of the digits model on every backend, side by side.")
final class ForwardBenchmark implements Callable<Integer> {
    /** What is trained, and so an input of the network; the rest of the weights is known in advance. */
    enum Trained {
        /** Adapters of rank 4 on the attention layers, none of them zero. */
        ADAPTERS(new TrainableTarget.Lora(
                Experiment.RANK, Experiment.RANK, List.of("to_q", "to_k", "to_v", "to_out.0"))),
        /** Every weight. */
        ALL_WEIGHTS(new TrainableTarget.Full(List.of()));

        private final TrainableTarget.Weights target;

        Trained(TrainableTarget.Weights target) {
            this.target = target;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /**
     * Medians over all calls.
     *
     * @param cpu microseconds of processor time
     * @param wall microseconds
     */
    record Timing(double cpu, double wall) {}

    static final String TORCH = "djl-pytorch";
    static final String ONNX = "onnxruntime";
    static final String BOTH = "composite";

    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    @Option(names = "--home", required = true, paramLabel = "DIR", description = "The assembled application.")
    private Path home = Path.of("");

    @Option(names = "--calls", defaultValue = "300", description = "Timed calls. Default: ${DEFAULT-VALUE}.")
    private int calls;

    private ForwardBenchmark() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new ForwardBenchmark()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        System.out.println("Microseconds of processor time, medians of " + calls + " calls; ratios to djl-pytorch, of"
                + " processor time and of wall time.\n");
        System.out.println(
                "| trained | rows | djl-pytorch | onnxruntime | composite | djl-pytorch / onnxruntime, CPU | wall"
                        + " | djl-pytorch / composite, CPU | wall |\n|---|---|---|---|---|---|---|---|---|");
        for (Trained trained : Trained.values()) {
            for (int rows : new int[] {1, 16}) {
                Path scratch = Files.createTempDirectory("plumbline-forward");
                Map<String, Timing> all = measure(home, scratch, trained, rows, calls);
                Timing torch = all.get(TORCH);
                Timing onnx = all.get(ONNX);
                Timing both = all.get(BOTH);
                System.out.printf(
                        Locale.ROOT,
                        "| %s | %d | %.0f | %.0f | %.0f | %.2f | %.2f | %.2f | %.2f |%n",
                        trained,
                        rows,
                        torch.cpu,
                        onnx.cpu,
                        both.cpu,
                        torch.cpu / onnx.cpu,
                        torch.wall / onnx.wall,
                        torch.cpu / both.cpu,
                        torch.wall / both.wall);
            }
        }
        return 0;
    }

    /**
     * Measures all backends.
     *
     * @param home the assembled application
     * @param scratch a folder for what the framework unpacks
     * @param rows of the batch
     * @param calls timed calls of each
     */
    static Map<String, Timing> measure(Path home, Path scratch, Trained trained, int rows, int calls) {
        Deque<Runnable> closing = new ArrayDeque<>();
        try {
            Host host = Host.start(new Host.Settings(
                    home, List.of(home.resolve("plugins")), scratch, Duration.ofMinutes(1), Duration.ofSeconds(10)));
            closing.push(host::close);
            Lease<ModelLoader> loader = host.catalog().lease(ModelLoader.class, "diffusers", Map.of(), home);
            closing.push(loader::close);
            DiffusionModel model = loader.get().load(home.resolve("models/digits"));
            closing.push(model::close);
            Map<String, ComputeBackend> backends = new LinkedHashMap<>();
            for (String id : List.of(TORCH, ONNX)) {
                Lease<ComputeBackend> lease =
                        host.catalog().lease(ComputeBackend.class, id, Map.of("threads", 1), home);
                closing.push(lease::close);
                backends.put(id, lease.get());
            }
            backends.put(BOTH, new CompositeBackend(backends.get(TORCH), backends.get(ONNX)));
            List<Contender> contenders = new ArrayList<>();
            for (Map.Entry<String, ComputeBackend> backend : backends.entrySet()) {
                Contender contender = Contender.of(backend.getKey(), backend.getValue(), model, trained, rows);
                closing.push(contender.session::close);
                contenders.add(contender);
            }
            return time(contenders, calls);
        } finally {
            closing.forEach(Runnable::run);
        }
    }

    private static Map<String, Timing> time(List<Contender> contenders, int calls) {
        double[][] cpu = new double[contenders.size()][calls];
        double[][] wall = new double[contenders.size()][calls];
        for (int i = -calls / 4; i < calls; i++) {
            for (int which = 0; which < contenders.size(); which++) {
                long wallBefore = System.nanoTime();
                long cpuBefore = CLOCK.getCurrentThreadCpuTime();
                contenders.get(which).run();
                if (i >= 0) {
                    cpu[which][i] = (CLOCK.getCurrentThreadCpuTime() - cpuBefore) / 1e3;
                    wall[which][i] = (System.nanoTime() - wallBefore) / 1e3;
                }
            }
        }
        Map<String, Timing> timings = new LinkedHashMap<>();
        for (int which = 0; which < contenders.size(); which++) {
            timings.put(contenders.get(which).id, new Timing(median(cpu[which]), median(wall[which])));
        }
        return timings;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** A network with its operands on one backend. */
    private record Contender(
            String id,
            BackendSession session,
            Network network,
            TensorArena arena,
            Tensor theta,
            Map<String, Tensor> inputs) {
        static Contender of(String id, ComputeBackend backend, DiffusionModel model, Trained trained, int rows) {
            TrainableWeights weights = model.trainable(trained.target);
            BackendSession session = backend.open();
            Network network = session.compile(weights.denoiser(), model.denoiserWeights(), weights.layout());
            TensorArena arena = session.arena();
            double[] initial = weights.initial(1);
            double[] theta = trained == Trained.ADAPTERS ? Experiment.moved(initial) : initial;
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            for (TensorSpec spec : weights.denoiser().inputs()) {
                NoiseStream noise = NoiseStream.of(1, "benchmark." + spec.name(), 0);
                long[] shape = spec.shape();
                shape[0] = rows;
                inputs.put(spec.name(), arena.tensor(noise.gaussians(rows * spec.rowSize()), shape));
            }
            return new Contender(id, session, network, arena, arena.tensor(theta, theta.length), inputs);
        }

        void run() {
            try (TensorArena step = arena.nested()) {
                network.forward(step, theta, inputs);
            }
        }
    }
}
