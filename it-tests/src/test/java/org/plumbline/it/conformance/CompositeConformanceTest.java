package org.plumbline.it.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.backend.CompositeBackend;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.testkit.backend.BackendContract;

/** Gradients on libtorch and forward passes on ONNX Runtime, in one memory, keep the contract of one backend. */
class CompositeConformanceTest extends BackendContract {
    @TempDir
    static Path scratch;

    private static Leases plugins;
    private static ComputeBackend torch;
    private static ComputeBackend onnx;

    @BeforeAll
    static void start() {
        plugins = new Leases(scratch);
        torch = plugins.lease(ComputeBackend.class, "djl-pytorch", Map.of());
        onnx = plugins.lease(ComputeBackend.class, "onnxruntime", Map.of());
    }

    @AfterAll
    static void stop() {
        plugins.close();
    }

    /** The contract would also be kept by copying. */
    @Test
    void the_two_work_in_one_memory() {
        try (BackendSession gradients = torch.open();
                BackendSession rollouts = onnx.open();
                TensorArena owner = gradients.arena();
                TensorArena guest = rollouts.arena()) {
            Tensor x = owner.tensor(new double[] {1, 2, 3, 4}, 2, 2);
            Tensor view = guest.view(owner.memory(x), 2, 2);
            assertArrayEquals(new double[] {1, 2, 3, 4}, view.toDoubles());
            owner.accumulate(x, 1, x);
            assertArrayEquals(new double[] {2, 4, 6, 8}, view.toDoubles());
            guest.accumulate(view, -1, view);
            assertArrayEquals(new double[4], x.toDoubles());
            Tensor back = owner.view(guest.memory(view), 4);
            guest.accumulate(view, 1, guest.tensor(new double[] {5, 6, 7, 8}, 2, 2));
            assertArrayEquals(new double[] {5, 6, 7, 8}, back.toDoubles());
        }
    }

    @Override
    protected ComputeBackend backend() {
        return new CompositeBackend(torch, onnx);
    }

    @Override
    protected Optional<ComputeBackend> oracle() {
        return Optional.of(plugins.lease(ComputeBackend.class, "reference", Map.of()));
    }
}
