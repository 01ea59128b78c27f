package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class PrecisionProbeTest {
    private static final DjlPytorchBackend.Configuration HALF =
            new DjlPytorchBackend.Configuration("cpu", 1, 1, Precision.FLOAT16, Recompute.NONE);

    @ParameterizedTest
    @EnumSource(Precision.class)
    void this_processor_computes_in_every_precision(Precision precision) {
        DjlPytorchBackend backend =
                new DjlPytorchBackend(new DjlPytorchBackend.Configuration("cpu", 1, 1, precision, Recompute.NONE));
        backend.open().close();
        assertTrue(backend.description().contains(", " + precision + ", 1 worker of 1 thread"), backend.description());
    }

    @Test
    void an_operation_that_libtorch_lacks_in_a_precision_is_refused_before_a_run_with_the_reason() {
        PlumblineException lack =
                LibtorchFailure.of("vjp", new EngineException("\"slow_conv2d_cpu\" not implemented for 'Half'"));
        PlumblineException refusal =
                assertThrows(PlumblineException.class, () -> PrecisionProbe.check(sessionThatFailsWith(lack), HALF));
        assertEquals(StandardError.UNSUPPORTED, refusal.code());
        assertTrue(refusal.getMessage().contains("float16"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("not implemented for 'Half'"), refusal.getMessage());
    }

    @Test
    void a_device_that_fails_is_not_taken_for_a_missing_precision() {
        PlumblineException lost =
                LibtorchFailure.of("vjp", new EngineException("CUDA error: unspecified launch failure"));
        PlumblineException refusal =
                assertThrows(PlumblineException.class, () -> PrecisionProbe.check(sessionThatFailsWith(lost), HALF));
        assertEquals(StandardError.BACKEND_LOST, refusal.code());
    }

    private static BackendSession sessionThatFailsWith(PlumblineException failure) {
        return (BackendSession) Proxy.newProxyInstance(
                BackendSession.class.getClassLoader(), new Class<?>[] {BackendSession.class}, (self, method, given) -> {
                    throw failure;
                });
    }
}
