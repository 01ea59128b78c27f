package org.plumbline.it.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.it.App;
import org.plumbline.kernel.backend.CompositeBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.toolkit.meter.ResidentMemory;

/** Sessions of two native engines in one memory, opened and closed over and over, on the shipped model. */
@Tag("long")
class CompositeMemoryTest {
    private static final long MEBI = 1 << 20;
    private static final int SESSIONS = 45;
    private static final int ROWS = 8;

    @TempDir
    static Path scratch;

    @Test
    void sessions_that_come_and_go_leave_resident_memory_flat() {
        assumeTrue(ResidentMemory.now().isPresent(), "only Linux tells the resident size");
        try (Leases leases = new Leases(scratch)) {
            ComputeBackend composite = new CompositeBackend(
                    leases.lease(ComputeBackend.class, "djl-pytorch", Map.of()),
                    leases.lease(ComputeBackend.class, "onnxruntime", Map.of()));
            ModelLoader loader = leases.lease(ModelLoader.class, "diffusers", Map.of());
            DiffusionModel model = leases.keep(loader.load(App.HOME.resolve("models/digits")));
            long early = 0;
            for (int i = 0; i < SESSIONS; i++) {
                use(composite, model);
                if (i == SESSIONS / 3) {
                    early = ResidentMemory.now().getAsLong();
                }
            }
            long grown = ResidentMemory.now().getAsLong() - early;
            // Weights alone, kept by one engine, would make 42 MiB in 30 sessions; with activations several times that.
            assertTrue(grown < Math.max(32 * MEBI, early / 10), "grew by " + grown / MEBI + " MiB in 30 sessions");
        }
    }

    private static void use(ComputeBackend backend, DiffusionModel model) {
        TrainableWeights weights = model.trainable(new TrainableTarget.Full(List.of()));
        double[] initial = weights.initial(1);
        try (BackendSession session = backend.open();
                Network network = session.compile(weights.denoiser(), model.denoiserWeights(), weights.layout());
                TensorArena arena = session.arena()) {
            Tensor theta = arena.tensor(initial, initial.length);
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            for (TensorSpec spec : weights.denoiser().inputs()) {
                long[] shape = spec.shape();
                shape[0] = ROWS;
                inputs.put(spec.name(), arena.zeros(shape));
            }
            for (int step = 0; step < 3; step++) {
                try (TensorArena scratch = arena.nested()) {
                    Tensor output = network.forward(scratch, theta, inputs);
                    network.vjp(scratch, theta, inputs, output, Set.of(DenoiserInput.SAMPLE.key()));
                }
            }
        }
    }
}
