package org.plumbline.plugins.backend.djl.pytorch;

import ai.djl.engine.EngineException;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * What libtorch throws, as an error that says what to do. libtorch tells failures apart by their text only.
 *
 * <p>After most errors of CUDA nothing in this process can use the device again: every later call fails with the same
 * error, whatever it does. Such a device is lost to the run, which may go on with another backend.
 */
final class LibtorchFailure {
    private static final List<String> NO_MEMORY =
            List.of("out of memory", "can't allocate memory", "alloc_failed", "bad_alloc", "not enough memory");

    private static final List<String> NO_DEVICE =
            List.of("cuda error", "cudnn error", "cudnn_status", "cublas error", "cublas_status", "nccl error");

    private LibtorchFailure() {}

    /**
     * Runs a native call.
     *
     * @param what it does, for the message
     */
    static <R> R during(String what, Supplier<R> call) {
        try {
            return call.get();
        } catch (EngineException cause) {
            throw of(what, cause);
        }
    }

    /**
     * Translates.
     *
     * @param what was done, for the message
     */
    static PlumblineException of(String what, EngineException cause) {
        String text = String.valueOf(cause.getMessage());
        String lower = text.toLowerCase(Locale.ROOT);
        if (NO_MEMORY.stream().anyMatch(lower::contains)) {
            return PlumblineException.of(StandardError.OUT_OF_MEMORY)
                    .asked("not enough memory for " + what + ": " + line(text, NO_MEMORY))
                    .remedy(
                            "use a smaller batch, set recompute = segments or precision = bfloat16, or use a device with"
                                    + " more memory")
                    .cause(cause)
                    .build();
        }
        if (NO_DEVICE.stream().anyMatch(lower::contains)) {
            return PlumblineException.of(StandardError.BACKEND_LOST)
                    .asked("the device failed during " + what + ": " + line(text, NO_DEVICE))
                    .remedy("start anew, since this process cannot use the device any more, or go on with another"
                            + " backend; CUDA_LAUNCH_BLOCKING=1 in the environment makes CUDA report at the operation"
                            + " that failed")
                    .cause(cause)
                    .build();
        }
        return PlumblineException.of(StandardError.INTERNAL)
                .asked(what + " failed in libtorch: " + text)
                .cause(cause)
                .build();
    }

    /** The line that names the cause: TorchScript puts a trace of its own before it. */
    private static String line(String text, List<String> words) {
        return text.lines()
                .filter(line -> words.stream().anyMatch(line.toLowerCase(Locale.ROOT)::contains))
                .findFirst()
                .orElse(text)
                .strip();
    }
}
