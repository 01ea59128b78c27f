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
import java.util.Objects;
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

/**
 * One forward pass of the denoiser of the digits model, with adapters of rank 4 that are not zero, on two backends with one
 * thread each. The calls alternate, so that a disturbance of the machine meets both. Measured is the processor time of the
 * calling thread, which does all the work, and wall time.
 */
final class ForwardBenchmark {
    /**
     * Medians over all calls.
     *
     * @param backend what computed
     * @param rows of the batch
     * @param cpu microseconds of processor time
     * @param wall microseconds
     */
    record Timing(String backend, int rows, double cpu, double wall) {}

    private static final int RANK = 4;
    private static final List<String> BACKENDS = List.of("djl-pytorch", "onnxruntime");
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    private ForwardBenchmark() {}

    /**
     * @param arguments home of the application, number of timed calls
     */
    public static void main(String[] arguments) throws Exception {
        Path scratch = Files.createTempDirectory("plumbline-forward");
        int calls = Integer.parseInt(arguments[1]);
        System.out.println("| rows | " + String.join(" us | ", BACKENDS) + " us | ratio CPU | ratio wall |");
        System.out.println("|---|---|---|---|---|");
        for (int rows : new int[] {1, 16}) {
            List<Timing> both = measure(Path.of(arguments[0]), scratch, rows, calls);
            Timing first = both.get(0);
            Timing second = both.get(1);
            System.out.printf(
                    Locale.ROOT,
                    "| %d | %.0f | %.0f | %.2f | %.2f |%n",
                    rows,
                    first.cpu,
                    second.cpu,
                    first.cpu / second.cpu,
                    first.wall / second.wall);
        }
    }

    /**
     * Measures both backends.
     *
     * @param home the assembled application
     * @param scratch a folder for what the framework unpacks
     * @return one timing per backend, in the order djl-pytorch, onnxruntime
     */
    static List<Timing> measure(Path home, Path scratch, int rows, int calls) {
        Deque<Runnable> closing = new ArrayDeque<>();
        try {
            Host host = Host.start(new Host.Settings(
                    home, List.of(home.resolve("plugins")), scratch, Duration.ofMinutes(1), Duration.ofSeconds(10)));
            closing.push(host::close);
            Lease<ModelLoader> loader = host.catalog().lease(ModelLoader.class, "diffusers", Map.of(), home);
            closing.push(loader::close);
            DiffusionModel model = loader.get().load(home.resolve("models/digits"));
            closing.push(model::close);
            List<Call> contenders = new ArrayList<>();
            for (String id : BACKENDS) {
                Lease<ComputeBackend> backend =
                        host.catalog().lease(ComputeBackend.class, id, Map.of("threads", 1), home);
                closing.push(backend::close);
                Call call = Call.of(id, backend.get(), model, rows);
                closing.push(call.session::close);
                contenders.add(call);
            }
            return time(contenders, rows, calls);
        } finally {
            closing.forEach(Runnable::run);
        }
    }

    private static List<Timing> time(List<Call> contenders, int rows, int calls) {
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
        List<Timing> timings = new ArrayList<>();
        for (int which = 0; which < contenders.size(); which++) {
            timings.add(new Timing(contenders.get(which).id, rows, median(cpu[which]), median(wall[which])));
        }
        return timings;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** A network with its operands on one backend. */
    private record Call(
            String id,
            BackendSession session,
            Network network,
            TensorArena arena,
            Tensor theta,
            Map<String, Tensor> inputs) {
        static Call of(String id, ComputeBackend backend, DiffusionModel model, int rows) {
            TrainableWeights adapters =
                    model.trainable(new TrainableTarget.Lora(RANK, RANK, List.of("to_q", "to_k", "to_v", "to_out.0")));
            BackendSession session = backend.open();
            Network network = session.compile(adapters.denoiser(), model.denoiserWeights(), adapters.layout());
            TensorArena arena = session.arena();
            double[] theta = Experiment.moved(adapters.initial(1));
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            for (TensorSpec spec : adapters.denoiser().inputs()) {
                NoiseStream noise = NoiseStream.of(1, "benchmark." + spec.name(), 0);
                long[] shape = spec.shape();
                shape[0] = rows;
                inputs.put(spec.name(), arena.tensor(noise.gaussians(rows * spec.rowSize()), shape));
            }
            return new Call(id, session, network, arena, arena.tensor(theta, theta.length), inputs);
        }

        void run() {
            try (TensorArena step = arena.nested()) {
                Objects.requireNonNull(network.forward(step, theta, inputs));
            }
        }
    }
}
