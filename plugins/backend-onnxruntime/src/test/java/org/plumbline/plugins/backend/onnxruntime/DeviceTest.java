package org.plumbline.plugins.backend.onnxruntime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class DeviceTest {
    @Test
    void the_settings_name_the_devices() {
        assertEquals(OptionalInt.empty(), Device.parse("cpu").card());
        assertEquals(OptionalInt.of(0), Device.parse("cuda").card());
        assertEquals(OptionalInt.of(3), Device.parse("cuda:3").card());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "CPU", "gpu", "cuda:", "cuda:-1", "cuda:x", "cpu:0", "cuda:1234"})
    void another_device_setting_is_refused_with_the_known_ones(String setting) {
        OnnxRuntimeBackend.Configuration configuration = new OnnxRuntimeBackend.Configuration(setting, 1);
        PlumblineException refusal =
                assertThrows(PlumblineException.class, () -> new OnnxRuntimeBackend(configuration));
        assertEquals(StandardError.BAD_VALUE, refusal.code());
        assertTrue(refusal.getMessage().contains("'" + setting + "'"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("cuda:N"), refusal.getMessage());
    }

    @Test
    void a_library_without_cuda_is_an_error_that_names_the_one_with_cuda_and_never_a_cpu_run() {
        assumeFalse(OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA), "the library for CUDA");
        OnnxRuntimeBackend backend = new OnnxRuntimeBackend(new OnnxRuntimeBackend.Configuration("cuda:1", 1));
        PlumblineException refusal = assertThrows(PlumblineException.class, backend::open);
        assertEquals(StandardError.MISSING_DEVICE, refusal.code());
        assertTrue(refusal.getMessage().contains("cuda:1"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("onnxruntime_gpu"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("CUDA 12"), refusal.getMessage());
    }

    @Test
    void it_starts_on_a_thread_whose_context_class_loader_cannot_see_it() throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader blind = new URLClassLoader(new URL[0], null)) {
            thread.setContextClassLoader(blind);
            assertEquals(
                    "1.28.0", OnnxRuntimeEngine.start(Device.parse("cpu"), 1).version());
            assertSame(blind, thread.getContextClassLoader());
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test
    void it_says_what_it_is_and_that_it_runs_forward_only() {
        OnnxRuntimeBackend backend = new OnnxRuntimeBackend(new OnnxRuntimeBackend.Configuration("cpu", 2));
        assertEquals("ONNX Runtime 1.28.0, cpu, float32, 2 threads", backend.description());
        assertEquals(Set.of(Capability.FORWARD), backend.capabilities());
    }
}
