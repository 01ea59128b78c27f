package org.plumbline.kernel.study;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Workers with a bench each, for jobs that do not depend on one another. */
final class Crew implements AutoCloseable {
    /** Something to do at a bench. */
    interface Job<T> {
        T run(Bench bench);
    }

    private final ExecutorService threads;
    private final List<Bench> benches = new ArrayList<>();
    private final ThreadLocal<Bench> own;

    Crew(int size, Supplier<Bench> bench) {
        threads = Executors.newFixedThreadPool(size, task -> {
            Thread thread = new Thread(task, "study-worker");
            thread.setDaemon(true);
            return thread;
        });
        own = ThreadLocal.withInitial(() -> {
            Bench mine = bench.get();
            synchronized (benches) {
                benches.add(mine);
            }
            return mine;
        });
    }

    /**
     * Runs jobs, the first ones first, and gives their results in order. If one fails, those that have not begun are
     * left out, those that are under way end, and then its failure is thrown.
     */
    <T> List<T> run(List<Job<T>> jobs) {
        AtomicBoolean failed = new AtomicBoolean();
        List<Future<@Nullable T>> futures = new ArrayList<>();
        for (Job<T> job : jobs) {
            futures.add(threads.submit(() -> {
                if (failed.get()) {
                    return null;
                }
                Bench bench = own.get();
                try {
                    return bench.work(job);
                } catch (RuntimeException | Error failure) {
                    failed.set(true);
                    throw failure;
                }
            }));
        }
        List<T> results = new ArrayList<>();
        Throwable first = null;
        for (Future<@Nullable T> future : futures) {
            try {
                T result = ended(future);
                if (result != null) {
                    results.add(result);
                }
            } catch (ExecutionException failure) {
                first = first == null ? failure.getCause() : first;
            }
        }
        if (first instanceof Error error) {
            throw error;
        }
        if (first instanceof RuntimeException failure) {
            throw failure;
        }
        return results;
    }

    /** Waits for a job whatever happens: closing a bench under a running job would free memory in use. */
    private static <T> @Nullable T ended(Future<@Nullable T> future) throws ExecutionException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get();
                } catch (InterruptedException again) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        threads.shutdown();
        synchronized (benches) {
            benches.forEach(Bench::close);
        }
    }
}
