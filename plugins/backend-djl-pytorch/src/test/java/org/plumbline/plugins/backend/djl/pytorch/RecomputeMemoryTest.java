package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.meter.ResidentMemory;

/** What recomputation is for: a deep network whose activations are not all kept. */
@Tag("long")
class RecomputeMemoryTest {
    private static final int ROWS = 64;

    private final SmallUnet deep = new SmallUnet(6);
    private final Map<String, WeightSource.Weight> weights = deep.randomWeights(1);

    @Test
    void recomputing_segments_takes_less_than_half_of_the_memory_of_stored_activations() {
        assumeTrue(ResidentMemory.resetPeak(), "only Linux tells the peak");
        double stored = peak(Recompute.NONE);
        double recomputed = peak(Recompute.SEGMENTS);
        assertTrue(recomputed < stored / 2, recomputed + " of " + stored + " bytes");
    }

    /** Bytes above what the session holds between calls. */
    private double peak(Recompute recompute) {
        DjlPytorchBackend backend =
                new DjlPytorchBackend(new DjlPytorchBackend.Configuration("cpu", 1, 1, Precision.FLOAT32, recompute));
        try (BackendSession session = backend.open();
                Network network = session.compile(deep, WeightSource.of(weights), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Tensor x = arena.tensor(TestSession.normal(1, ROWS * 256), ROWS, 1, 16, 16);
            Map<String, Tensor> inputs = Map.of("x", x, "t", arena.zeros(ROWS), "tokens", arena.zeros(ROWS, 4));
            double peak = 0;
            for (int call = 0; call < 2; call++) { // the first one compiles
                session.trim();
                System.gc();
                long before = ResidentMemory.now().orElseThrow();
                ResidentMemory.resetPeak();
                try (TensorArena into = arena.nested()) {
                    network.vjp(into, null, inputs, x, Set.of("x"));
                }
                peak = (double) (ResidentMemory.peak().orElseThrow() - before);
            }
            return peak;
        }
    }
}
