package org.plumbline.it.conformance;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.backend.CompositeBackend;
import org.plumbline.spi.backend.ComputeBackend;
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

    @Override
    protected ComputeBackend backend() {
        return new CompositeBackend(torch, onnx);
    }

    @Override
    protected Optional<ComputeBackend> oracle() {
        return Optional.of(plugins.lease(ComputeBackend.class, "reference", Map.of()));
    }
}
