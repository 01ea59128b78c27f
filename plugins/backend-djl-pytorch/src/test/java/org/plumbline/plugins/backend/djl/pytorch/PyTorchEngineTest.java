package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import java.net.URL;
import java.net.URLClassLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class PyTorchEngineTest {
    @Test
    void the_settings_name_the_devices() {
        assertEquals(Device.cpu(), PyTorchEngine.parse("cpu"));
        assertEquals(Device.gpu(0), PyTorchEngine.parse("cuda"));
        assertEquals(Device.gpu(3), PyTorchEngine.parse("cuda:3"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "CPU", "gpu", "cuda:", "cuda:-1", "cuda:x", "cpu:0", "cuda:1234"})
    void another_device_setting_is_refused_with_the_known_ones(String setting) {
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> PyTorchEngine.parse(setting));
        assertEquals(StandardError.BAD_VALUE, refusal.code());
        assertTrue(refusal.getMessage().contains("'" + setting + "'"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("cuda:N"), refusal.getMessage());
    }

    @Test
    void a_cuda_device_that_is_not_there_is_an_error_with_the_cause_and_never_a_cpu_run() {
        assumeTrue(PyTorchEngine.start().getGpuCount() == 0, "this machine has a CUDA device");
        DjlPytorchBackend backend = new DjlPytorchBackend(TestSession.settings("cuda:1", 1));
        PlumblineException refusal = assertThrows(PlumblineException.class, backend::open);
        assertEquals(StandardError.MISSING_DEVICE, refusal.code());
        assertNotNull(refusal.getCause());
        assertTrue(refusal.getMessage().contains("cuda:1"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("PYTORCH_LIBRARY_PATH"), refusal.getMessage());
    }

    @Test
    void workers_on_a_cuda_device_are_refused_when_the_settings_are_read() {
        PlumblineException refusal = assertThrows(
                PlumblineException.class,
                () -> new DjlPytorchBackend(
                        new DjlPytorchBackend.Configuration("cuda", 1, 2, Precision.FLOAT32, Recompute.NONE)));
        assertEquals(StandardError.INCOMPATIBLE, refusal.code());
        assertTrue(refusal.getMessage().contains("2 workers"), refusal.getMessage());
    }

    @Test
    void the_engine_starts_on_a_thread_whose_context_class_loader_cannot_see_it() throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader blind = new URLClassLoader(new URL[0], null)) {
            thread.setContextClassLoader(blind);
            assertEquals("PyTorch", PyTorchEngine.start().getEngineName());
            assertSame(blind, thread.getContextClassLoader());
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test
    void the_description_does_not_pass_rounded_convolutions_off_as_float32() {
        DjlPytorchBackend cuda = new DjlPytorchBackend(TestSession.settings("cuda", 1));
        assertEquals("float32", cuda.precision("0"));
        assertTrue(cuda.precision(null).contains("TF32"));
        assertEquals("float32", new DjlPytorchBackend(TestSession.settings("cpu", 1)).precision(null));
    }

    @Test
    void the_description_says_what_changes_numbers() {
        String description = new DjlPytorchBackend(
                        new DjlPytorchBackend.Configuration("cpu", 1, 2, Precision.BFLOAT16, Recompute.SEGMENTS))
                .description();
        assertEquals(
                "libtorch 2.7.1 through DJL 0.35.1, cpu, bfloat16, 2 workers of 1 thread, recomputing segments",
                description);
    }

    @Test
    void the_description_says_engine_version_device_precision_and_threads() {
        String description = new DjlPytorchBackend(TestSession.settings("cpu", 2)).description();
        assertEquals("libtorch 2.7.1 through DJL 0.35.1, cpu, float32, 1 worker of 2 threads", description);
    }
}
