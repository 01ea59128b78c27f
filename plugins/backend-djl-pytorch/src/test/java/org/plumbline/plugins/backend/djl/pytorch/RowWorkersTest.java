package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RowWorkersTest {
    @Test
    void parts_run_at_the_same_time_and_come_back_in_order() {
        CyclicBarrier all = new CyclicBarrier(3);
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        try (RowWorkers workers = new RowWorkers(3, "rows-test")) {
            List<Callable<Integer>> parts =
                    List.of(part(all, threads, 1), part(all, threads, 2), part(all, threads, 3));
            assertEquals(List.of(1, 2, 3), workers.run(parts));
        }
        assertEquals(3, threads.size());
        assertTrue(threads.remove(Thread.currentThread()), "the calling thread takes a part");
        threads.forEach(thread -> {
            assertTrue(thread.isDaemon());
            assertFalse(thread.isAlive(), "closing ends " + thread);
        });
    }

    private static Callable<Integer> part(CyclicBarrier all, Set<Thread> threads, int number) {
        return () -> {
            threads.add(Thread.currentThread());
            all.await(20, TimeUnit.SECONDS);
            return number;
        };
    }

    @Test
    void there_is_no_part_without_rows() {
        try (RowWorkers workers = new RowWorkers(4, "rows-test")) {
            assertEquals(1, workers.parts(0));
            assertEquals(3, workers.parts(3));
            assertEquals(4, workers.parts(4));
            assertEquals(4, workers.parts(100));
        }
    }

    @Test
    void failures_surface_as_one_after_all_parts_have_ended() {
        CountDownLatch failed = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        IllegalStateException first = new IllegalStateException("first");
        IllegalArgumentException second = new IllegalArgumentException("second");
        try (RowWorkers workers = new RowWorkers(3, "rows-test")) {
            List<Callable<Integer>> parts = List.of(
                    () -> {
                        failed.countDown();
                        throw first;
                    },
                    () -> {
                        throw second;
                    },
                    () -> {
                        failed.await();
                        Thread.sleep(100);
                        ended.set(true);
                        return 3;
                    });
            assertSame(first, assertThrows(IllegalStateException.class, () -> workers.run(parts)));
            assertTrue(ended.get(), "memory is freed only after the last part");
            assertEquals(List.of(second), List.of(first.getSuppressed()));
            assertEquals(List.of(1), workers.run(List.of(() -> 1)));
        }
    }

    @Test
    void an_interrupt_waits_for_the_parts_and_is_kept() {
        AtomicBoolean ended = new AtomicBoolean();
        try (RowWorkers workers = new RowWorkers(2, "rows-test")) {
            List<Callable<Integer>> parts = List.of(
                    () -> {
                        Thread.currentThread().interrupt();
                        return 1;
                    },
                    () -> {
                        Thread.sleep(100);
                        ended.set(true);
                        return 2;
                    });
            assertEquals(List.of(1, 2), workers.run(parts));
            assertTrue(ended.get());
            assertTrue(Thread.interrupted());
        }
    }
}
