package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.meter.ResidentMemory;

/** Java's garbage collector sees nothing of libtorch's memory: what an arena owned must be gone with the arena. */
class NativeMemoryTest {
    private static final int UPDATES = 500;
    private static final int ROWS = 1;
    private static final int SESSIONS = 30;
    private static final DjlPytorchBackend.Configuration EVERYTHING =
            new DjlPytorchBackend.Configuration("cpu", 1, 2, Precision.BFLOAT16, Recompute.SEGMENTS);

    @Test
    void five_hundred_updates_leave_nothing_behind() {
        SmallUnet unet = new SmallUnet(1);
        Map<String, WeightSource.Weight> weights = unet.randomWeights(1);
        try (BackendSession session = TestSession.open();
                Network network = session.compile(unet, WeightSource.none(), DjlNetworkTest.layout(weights));
                TensorArena run = session.arena()) {
            NDManager managed = ((DjlArena) run).manager();
            Tensor theta = DjlNetworkTest.theta(run, weights);
            Tensor sum = run.zeros(theta.shape());
            double[] pixels = TestSession.normal(1, ROWS * 256);
            long early = 0;
            int owned = managed.getManagedArrays().size();
            for (int i = 0; i < UPDATES; i++) {
                try (TensorArena step = run.nested()) {
                    Tensor x = step.tensor(pixels, ROWS, 1, 16, 16);
                    Map<String, Tensor> inputs = Map.of("x", x, "t", step.zeros(ROWS), "tokens", step.zeros(ROWS, 4));
                    VectorJacobian pulled = network.vjp(step, theta, inputs, x, Set.of("x"));
                    Tensor next = step.combine(new double[] {0.5, 0.5}, List.of(x, pulled.output()));
                    step.dotRows(next, step.scaleRows(new double[] {2}, step.rows(next, 0, ROWS)));
                    run.accumulate(sum, 1, pulled.parameterGradient());
                    run.adopt(step.concatRows(List.of(next, next))).close();
                }
                assertEquals(owned, managed.getManagedArrays().size(), "arrays of the run after update " + i);
                if (i == UPDATES / 5) {
                    early = ResidentMemory.now().orElse(0);
                }
            }
            assumeTrue(early > 0, "only Linux tells the resident size");
            long grown = ResidentMemory.now().orElse(0) - early;
            // theta alone is 1.1 MB: one forgotten gradient per update would make 440 MB.
            assertTrue(grown < 64 << 20, "resident memory grew by " + grown + " bytes in 400 updates");
        }
    }

    /** What a round leaves behind is neither in a manager nor in the process; the first rounds fill caches for good. */
    @Test
    @Tag("long")
    void thirty_sessions_leave_nothing_behind() {
        SmallUnet unet = new SmallUnet(1);
        Map<String, WeightSource.Weight> weights = unet.randomWeights(1);
        NDManager system = PyTorchEngine.start().newBaseManager().getParentManager();
        int managed = system.getManagedArrays().size();
        long early = 0;
        for (int round = 0; round < SESSIONS; round++) {
            try (BackendSession session = new DjlPytorchBackend(EVERYTHING).open()) {
                Network frozen = session.compile(unet, WeightSource.of(weights), ParameterLayout.empty());
                Network trained = session.compile(unet, WeightSource.none(), DjlNetworkTest.layout(weights));
                TensorArena arena = session.arena();
                Tensor theta = DjlNetworkTest.theta(arena, weights);
                Tensor x = arena.tensor(TestSession.normal(1, 4 * 256), 4, 1, 16, 16);
                Map<String, Tensor> inputs = Map.of("x", x, "t", arena.zeros(4), "tokens", arena.zeros(4, 4));
                frozen.vjp(arena, null, inputs, x, Set.of("x"));
                trained.vjp(arena, theta, inputs, x, Set.of("x"));
            }
            assertEquals(managed, system.getManagedArrays().size(), "native arrays after session " + round);
            if (round == SESSIONS / 3) {
                System.gc();
                early = ResidentMemory.now().orElse(0);
            }
        }
        assertTrue(
                Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("plumbline-djl-rows")),
                "threads of closed sessions");
        assumeTrue(early > 0, "only Linux tells the resident size");
        System.gc();
        long grown = ResidentMemory.now().orElse(0) - early;
        // A session holds 7 MiB of weights: those of one in three, forgotten, would make 45 MiB.
        assertTrue(grown < 16 << 20, "resident memory grew by " + grown + " bytes in the last 20 sessions");
    }
}
