package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** The texts are those of libtorch 2.7. */
class LibtorchFailureTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronously reported",
                "CUDA error: an illegal memory access was encountered",
                "CUDA error: unspecified launch failure",
                "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
                "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle)`",
                "The following operation failed in the TorchScript interpreter.\nTraceback of TorchScript\n"
                        + "RuntimeError: CUDA error: the launch timed out and was terminated",
            })
    void a_device_that_fails_is_lost_and_the_cause_is_said(String message) {
        EngineException cause = new EngineException(message);
        PlumblineException failure = LibtorchFailure.of("vjp of 'unet'", cause);
        assertEquals(StandardError.BACKEND_LOST, failure.code());
        assertSame(cause, failure.getCause());
        String text = failure.getMessage();
        assertTrue(text.contains("vjp of 'unet'") && text.contains("error: "), text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB",
                "CUDA error: out of memory",
                "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
                "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to"
                        + " allocate 4000000000000 bytes",
                "std::bad_alloc",
            })
    void memory_that_runs_out_is_no_lost_device(String message) {
        PlumblineException failure = LibtorchFailure.of("vjp", new EngineException(message));
        assertEquals(StandardError.OUT_OF_MEMORY, failure.code());
        assertTrue(failure.getMessage().contains("smaller batch"), failure.getMessage());
    }

    @Test
    void everything_else_is_a_defect_of_ours() {
        EngineException cause = new EngineException("mat1 and mat2 shapes cannot be multiplied");
        assertEquals(StandardError.INTERNAL, LibtorchFailure.of("vjp", cause).code());
    }

    @Test
    void memory_that_no_machine_has_is_reported_as_such_and_the_session_goes_on() {
        try (BackendSession session = TestSession.open();
                TensorArena arena = session.arena()) {
            PlumblineException failure = assertThrows(PlumblineException.class, () -> arena.zeros(1L << 25, 1L << 25));
            assertEquals(StandardError.OUT_OF_MEMORY, failure.code());
            assertEquals(3, arena.zeros(3).toDoubles().length);
        }
    }
}
