package org.plumbline.it.benchmark;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.optimise.AdamW;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.chain.StoredGraph;
import org.plumbline.testkit.estimator.MeteredBackend;
import org.plumbline.toolkit.meter.ResidentMemory;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Measures one method in a process of its own.
 *
 * <p>Order: everything is loaded, and one update on two samples makes the engine compile its programs; then the resident
 * memory is the baseline. The first update on the whole batch gives the memory, and its gradient is held against the case
 * file. The timed updates follow, with other noise and moving parameters.
 */
final class UpdateProcess {
    private static final int WARM_UP_ROWS = 2;
    private static final double LEARNING_RATE = 1e-3;

    private UpdateProcess() {}

    /** One way to compute a gradient. */
    private interface Gradient extends AutoCloseable {
        double[] at(double[] theta, Batch batch, long update);

        double[] start();

        Ledger.Work work();

        void trim();

        @Override
        void close();
    }

    /**
     * @param arguments home of the application, folder for scratch, the case file, the device, then either nothing, and the
     *     case file is written; or the method, the number of timed updates, and the file for the reading
     */
    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]);
        CaseFile its = new CaseFile(Path.of(arguments[2]));
        try (Experiment experiment = new Experiment(home, Path.of(arguments[1]), arguments[3])) {
            if (arguments.length == 4) {
                its.write(experiment);
                return;
            }
            Method method = Method.ofKey(arguments[4]);
            measure(experiment, method, its, Integer.parseInt(arguments[5])).write(Path.of(arguments[6]));
        }
    }

    private static Reading measure(Experiment experiment, Method method, CaseFile its, int updates) {
        SamplerProgram program = experiment.program(Experiment.STEPS);
        try (Gradient gradient = gradient(experiment, experiment.backend(), method, program)) {
            double[] theta = Experiment.moved(gradient.start());
            gradient.at(theta, experiment.batch(WARM_UP_ROWS, -1), -1);
            gradient.trim();

            long baseline = ResidentMemory.now().orElse(0);
            ResidentMemory.resetPeak();
            Ledger.Work before = gradient.work();
            double[] first = gradient.at(theta, experiment.batch(Experiment.ROWS, 0), 0);
            long memory = ResidentMemory.peak().orElse(0) - baseline;
            Ledger.Work work = gradient.work().since(before);
            double[] expected = its.gradient(method);

            List<Double> wall = new ArrayList<>();
            List<Double> cpu = new ArrayList<>();
            AdamW adam = new AdamW(AdamW.Settings.usual(), theta.length);
            for (int update = 1; update <= updates; update++) {
                long cpuBefore = processorTime();
                long wallBefore = System.nanoTime();
                adam.ascend(
                        theta, gradient.at(theta, experiment.batch(Experiment.ROWS, update), update), LEARNING_RATE);
                wall.add((System.nanoTime() - wallBefore) / 1e9);
                cpu.add((processorTime() - cpuBefore) / 1e9);
            }
            return new Reading(
                    experiment.backend().description() + ", Java " + Runtime.version(),
                    wall,
                    cpu,
                    work.nfeForward(),
                    work.nfeBackward(),
                    work.rowsForward(),
                    work.rowsBackward(),
                    memory,
                    DeviceMemory.ofThisProcess().orElse(0),
                    transfers(experiment, method, program, theta).seconds(experiment.backend()),
                    difference(first, expected));
        }
    }

    private static Gradient gradient(
            Experiment experiment, ComputeBackend backend, Method method, SamplerProgram program) {
        return method.estimator() == null
                ? stored(experiment, backend, program)
                : estimator(experiment, backend, experiment.estimator(method), program);
    }

    /** The copies of one more update, after everything has been set up. */
    private static Transfers transfers(Experiment experiment, Method method, SamplerProgram program, double[] theta) {
        MeteredBackend metered = new MeteredBackend(experiment.backend(), false);
        try (Gradient gradient = gradient(experiment, metered, method, program)) {
            metered.resetTransfers();
            gradient.at(theta, experiment.batch(Experiment.ROWS, 0), 0);
            return Transfers.of(metered);
        }
    }

    private static @Nullable Double difference(double[] gradient, double @Nullable [] expected) {
        return expected == null ? null : Vectors.norm(Vectors.difference(gradient, expected)) / Vectors.norm(expected);
    }

    /** Nanoseconds of all threads of this process. */
    private static long processorTime() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static Gradient estimator(
            Experiment experiment, ComputeBackend backend, GradientEstimator estimator, SamplerProgram ofStudy) {
        Workbench workbench = Workbench.open(backend, experiment.parts());
        estimator.check(workbench.profile(ofStudy));
        SamplerProgram program = estimator.program(workbench.profile(ofStudy));
        return new Gradient() {
            @Override
            public double[] at(double[] theta, Batch batch, long update) {
                try (Rollout rollout = workbench.rollout(program, batch, theta);
                        SamplingChain chain = workbench.chain(rollout, theta, 0, update)) {
                    return estimator.estimate(chain).gradient();
                }
            }

            @Override
            public double[] start() {
                return workbench.initialParameters(0);
            }

            @Override
            public Ledger.Work work() {
                return workbench.ledger().reading();
            }

            @Override
            public void trim() {
                workbench.trim();
            }

            @Override
            public void close() {
                workbench.close();
            }
        };
    }

    private static Gradient stored(Experiment experiment, ComputeBackend backend, SamplerProgram program) {
        StoredGraph graph = StoredGraph.open(backend, experiment.parts(), program);
        return new Gradient() {
            private long calls;
            private long rows;

            @Override
            public double[] at(double[] theta, Batch batch, long update) {
                calls += program.size();
                rows += 2L * program.size() * batch.rows();
                return graph.pull(batch, theta).gradient();
            }

            @Override
            public double[] start() {
                try (Workbench workbench = Workbench.open(experiment.backend(), experiment.parts())) {
                    return workbench.initialParameters(0);
                }
            }

            @Override
            public Ledger.Work work() {
                return new Ledger.Work(calls, calls, rows, rows, 0);
            }

            @Override
            public void trim() {
                graph.trim();
            }

            @Override
            public void close() {
                graph.close();
            }
        };
    }
}
