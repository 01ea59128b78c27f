package org.plumbline.plugins.backend.djl.pytorch;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * The threads that share the rows of a call: the calling one, which takes the first part, and a daemon for each other
 * part. Confined to the session's thread.
 */
final class RowWorkers implements AutoCloseable {
    private static final long PATIENCE_MILLIS = 10_000;

    private final int count;
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final @Nullable ExecutorService others;

    /**
     * @param count of threads, at least 1
     * @param name of the threads
     */
    RowWorkers(int count, String name) {
        this.count = count;
        others = count == 1
                ? null
                : Executors.newFixedThreadPool(count - 1, work -> {
                    Thread thread = new Thread(work, name + "-" + (threads.size() + 2));
                    thread.setDaemon(true);
                    threads.add(thread);
                    return thread;
                });
    }

    /** In how many parts a batch is divided: one per thread, but none without rows. */
    int parts(int rows) {
        return Math.max(1, Math.min(rows, count));
    }

    /**
     * Runs parts at the same time, at most one per thread, and returns when all have ended, failed or not.
     *
     * @return the results in the order of the parts
     * @throws RuntimeException the failure of the first part that failed; those of others are suppressed in it
     */
    <R> List<R> run(List<Callable<R>> parts) {
        List<FutureTask<R>> tasks = parts.stream().map(FutureTask::new).toList();
        if (others != null) {
            tasks.subList(1, tasks.size()).forEach(others::execute);
        }
        tasks.get(0).run();
        List<R> results = new ArrayList<>();
        Throwable failure = null;
        for (FutureTask<R> task : tasks) {
            try {
                results.add(patiently(task));
            } catch (ExecutionException failed) {
                if (failure == null) {
                    failure = failed.getCause();
                } else {
                    failure.addSuppressed(failed.getCause());
                }
            }
        }
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure != null) {
            throw failure instanceof RuntimeException known ? known : new IllegalStateException(failure);
        }
        return results;
    }

    /** Waits although interrupted: the part reads memory that the caller would free. The interrupt is kept. */
    private static <R> R patiently(Future<R> task) throws ExecutionException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException later) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Ends the threads and sees them gone, with what the native library keeps per thread. No call is running. */
    @Override
    public void close() {
        if (others != null) {
            others.shutdown();
            try {
                for (Thread thread : threads) {
                    thread.join(PATIENCE_MILLIS);
                }
            } catch (InterruptedException leave) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
