package org.plumbline.plugins.backend.onnxruntime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.backend.onnxruntime.TestSession.Layers;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.meter.ResidentMemory;

/** Java's garbage collector sees nothing of this memory: it must be reused while a session lives, and gone with it. */
class NativeMemoryTest {
    private static final long MEBI = 1 << 20;
    private static final int ROWS = 4;
    private static final long[] SHAPE = {ROWS, Layers.CHANNELS, Layers.PIXELS, Layers.PIXELS};
    private static final int SIZE = ROWS * Layers.CHANNELS * Layers.PIXELS * Layers.PIXELS;

    @Test
    void the_steps_of_a_chain_allocate_nothing_after_the_first() {
        Layers graph = new Layers(8);
        try (BackendSession session = TestSession.open();
                Network network = session.compile(graph, WeightSource.none(), graph.layout());
                TensorArena run = session.arena()) {
            MemoryPool pool = ((RuntimeSession) session).pool();
            Tensor theta = run.tensor(
                    TestSession.normal(1, graph.layout().size()), graph.layout().size());
            Tensor x = run.tensor(TestSession.normal(2, SIZE), SHAPE);
            long before = 0;
            for (int step = 0; step < 20; step++) {
                try (TensorArena scratch = run.nested()) {
                    Tensor predicted = network.forward(scratch, theta, Map.of("x", x));
                    Tensor noise = scratch.tensor(TestSession.normal(step, SIZE), SHAPE);
                    Tensor next = scratch.combine(new double[] {0.9, 0.1, 0.1}, List.of(x, predicted, noise));
                    x.close();
                    x = run.adopt(next);
                }
                if (step == 0) {
                    before = pool.allocations();
                }
            }
            assertEquals(before, pool.allocations());
        }
    }

    @Test
    void a_freed_block_is_the_next_tensors() {
        try (BackendSession session = TestSession.open();
                TensorArena arena = session.arena()) {
            MemoryPool pool = ((RuntimeSession) session).pool();
            arena.zeros(3).close();
            arena.tensor(new double[] {1, 2, 3}, 1, 3).close();
            assertEquals(1, pool.allocations(), "one size");
            arena.zeros(3);
            arena.zeros(3);
            assertEquals(2, pool.allocations(), "two at once");
            session.trim();
            arena.zeros(4);
            assertNotEquals(2, pool.allocations());
        }
    }

    @Test
    void sessions_that_come_and_go_leave_nothing_behind() {
        assumeTrue(ResidentMemory.now().isPresent(), "only Linux tells the resident size");
        Layers graph = new Layers(256); // 2 MB of weights
        long early = 0;
        int rounds = 60;
        for (int round = 0; round < rounds; round++) {
            try (BackendSession session = TestSession.open()) {
                Network frozen = session.compile(graph, graph.weights(), ParameterLayout.empty());
                Network trained = session.compile(graph, WeightSource.none(), graph.layout());
                TensorArena arena = session.arena(); // left to the session
                int size = graph.layout().size();
                Tensor theta = arena.tensor(TestSession.normal(1, size), size);
                Tensor x = arena.tensor(TestSession.normal(2, SIZE), SHAPE);
                for (int i = 0; i < 3; i++) {
                    frozen.forward(arena, null, Map.of("x", x));
                    trained.forward(arena, theta, Map.of("x", x));
                }
            }
            if (round == rounds / 3) {
                early = ResidentMemory.now().getAsLong();
            }
        }
        long grown = ResidentMemory.now().getAsLong() - early;
        // One forgotten network or theta per session would make 80 MB.
        assertTrue(grown < 32 * MEBI, "resident memory grew by " + grown / MEBI + " MiB in 40 sessions");
    }

    @Test
    void views_of_theta_that_come_and_go_leave_nothing_behind() {
        assumeTrue(ResidentMemory.now().isPresent(), "only Linux tells the resident size");
        Layers graph = new Layers(4);
        int size = graph.layout().size();
        try (BackendSession session = TestSession.open();
                Network network = session.compile(graph, WeightSource.none(), graph.layout());
                TensorArena run = session.arena()) {
            Tensor theta = run.tensor(TestSession.normal(1, size), size);
            Tensor x = run.tensor(TestSession.normal(2, SIZE), SHAPE);
            long early = 0;
            int rounds = 24_000;
            for (int round = 0; round < rounds; round++) {
                try (TensorArena step = run.nested()) {
                    Tensor view = step.view(run.memory(theta), size);
                    network.forward(step, view, Map.of("x", step.view(run.memory(x), SHAPE)));
                }
                if (round == rounds / 3) {
                    early = ResidentMemory.now().getAsLong();
                }
            }
            long grown = ResidentMemory.now().getAsLong() - early;
            assertTrue(grown < 8 * MEBI, "resident memory grew by " + grown / MEBI + " MiB in 16000 calls");
        }
    }
}
