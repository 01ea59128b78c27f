package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.WeightSource;

/** Java's garbage collector sees nothing of libtorch's memory: what an arena owned must be gone with the arena. */
class NativeMemoryTest {
    private static final int UPDATES = 500;
    private static final int ROWS = 1;

    @Test
    void five_hundred_updates_leave_nothing_behind() throws IOException {
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
                    early = residentKilobytes();
                }
            }
            assumeTrue(early > 0, "only Linux tells the resident size");
            long grown = residentKilobytes() - early;
            // theta alone is 1.1 MB: one forgotten gradient per update would make 440 MB.
            assertTrue(grown < 64 * 1024, "resident memory grew by " + grown + " KB in 400 updates");
        }
    }

    private static long residentKilobytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }
}
