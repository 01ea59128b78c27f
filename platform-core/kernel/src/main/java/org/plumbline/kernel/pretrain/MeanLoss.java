package org.plumbline.kernel.pretrain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;

/**
 * The mean over a batch of a loss graph, whose output is one loss per row, and its gradient. The rows are shared out among
 * workers, each with a session and a thread of its own; contributions are added in the order of the workers, so the
 * result depends on their number but not on their speed.
 */
final class MeanLoss implements AutoCloseable {
    /** A loss and its gradient. */
    record Result(double loss, double[] gradient) {}

    private static final class Worker {
        private final ExecutorService thread;
        private final BackendSession session;
        private final Network network;

        private Worker(ExecutorService thread, BackendSession session, Network network) {
            this.thread = thread;
            this.session = session;
            this.network = network;
        }
    }

    private final GraphDefinition graph;
    private final List<Worker> workers = new ArrayList<>();

    /**
     * Compiles the loss.
     *
     * @param graph inputs to losses [batch]; all its weights are in the layout
     */
    MeanLoss(ComputeBackend backend, GraphDefinition graph, ParameterLayout layout, int count) {
        this.graph = graph;
        try {
            for (int i = 0; i < count; i++) {
                workers.add(open(backend, graph, layout, i));
            }
        } catch (RuntimeException | Error failure) {
            close();
            throw failure;
        }
    }

    private static Worker open(ComputeBackend backend, GraphDefinition graph, ParameterLayout layout, int number) {
        ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
            Thread created = new Thread(task, "training-" + number);
            created.setDaemon(true);
            return created;
        });
        try {
            return get(thread.submit(() -> {
                BackendSession session = backend.open();
                try {
                    return new Worker(thread, session, session.compile(graph, WeightSource.none(), layout));
                } catch (RuntimeException | Error failure) {
                    session.close();
                    throw failure;
                }
            }));
        } catch (RuntimeException | Error failure) {
            thread.shutdown();
            throw failure;
        }
    }

    /**
     * The loss at theta.
     *
     * @param batch the values of every graph input, row-major
     * @param rows number of examples
     */
    Result at(double[] theta, Map<String, double[]> batch, int rows) {
        List<Future<Result>> parts = new ArrayList<>();
        for (int i = 0; i < workers.size(); i++) {
            Worker worker = workers.get(i);
            int from = (int) ((long) rows * i / workers.size());
            int to = (int) ((long) rows * (i + 1) / workers.size());
            if (from < to) {
                parts.add(worker.thread.submit(() -> part(worker, theta, batch, rows, from, to)));
            }
        }
        double loss = 0;
        double[] gradient = new double[theta.length];
        for (Future<Result> future : parts) {
            Result part = get(future);
            loss += part.loss;
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] += part.gradient[i];
            }
        }
        return new Result(loss, gradient);
    }

    private Result part(Worker worker, double[] theta, Map<String, double[]> batch, int rows, int from, int to) {
        int count = to - from;
        try (TensorArena arena = worker.session.arena()) {
            Map<String, Tensor> inputs = new HashMap<>();
            for (TensorSpec spec : graph.inputs()) {
                double[] values = Objects.requireNonNull(batch.get(spec.name()), spec.name());
                int size = spec.rowSize();
                long[] shape = spec.shape();
                shape[0] = count;
                inputs.put(spec.name(), arena.tensor(Arrays.copyOfRange(values, from * size, to * size), shape));
            }
            double[] weights = new double[count];
            Arrays.fill(weights, 1.0 / rows);
            VectorJacobian pulled = worker.network.vjp(
                    arena, arena.tensor(theta, theta.length), inputs, arena.tensor(weights, count), Set.of());
            double loss = Arrays.stream(pulled.output().toDoubles()).sum() / rows;
            return new Result(
                    loss, Objects.requireNonNull(pulled.parameterGradient()).toDoubles());
        }
    }

    private static <T> T get(Future<T> future) {
        try {
            return future.get();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw PlumblineException.of(StandardError.INTERRUPTED)
                    .asked("training was stopped while it waited for a gradient")
                    .cause(stopped)
                    .build();
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (failure.getCause() instanceof Error cause) {
                throw cause;
            }
            throw new IllegalStateException(failure.getCause());
        }
    }

    /** Ends the workers and their sessions. Closing twice is harmless. */
    @Override
    public void close() {
        for (Worker worker : workers) {
            try {
                get(worker.thread.submit(worker.session::close));
            } finally {
                worker.thread.shutdown();
            }
        }
        workers.clear();
    }
}
