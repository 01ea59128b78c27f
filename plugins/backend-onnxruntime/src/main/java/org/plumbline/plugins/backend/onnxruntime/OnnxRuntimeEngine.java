package org.plumbline.plugins.backend.onnxruntime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.ExecutionMode;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.onnx.OnnxRecording;

/**
 * ONNX Runtime on one device.
 *
 * <p>The library belongs to the ground floor: it lies on the application's class path, since a native library can be loaded
 * by one class loader only. Its environment exists once in the process and is never closed.
 *
 * @param environment the environment
 * @param device where to compute
 * @param threads within an operation
 */
record OnnxRuntimeEngine(OrtEnvironment environment, Device device, int threads) {
    private static final String GPU_JAR =
            "put the library onnxruntime_gpu in the place of onnxruntime in the folder lib; it needs CUDA 12 and cuDNN 9";

    private static final String NEEDED =
            "run on a machine with that card, its driver, CUDA 12 and cuDNN 9, or set device = cpu";

    /**
     * Loads the library if it is not loaded yet.
     *
     * @throws PlumblineException {@link StandardError#MISSING_DEVICE} if it cannot be loaded
     */
    static OnnxRuntimeEngine start(Device device, int threads) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        // The library unpacks itself with the loader of its classes; what else it may look for is found there, too.
        thread.setContextClassLoader(OrtEnvironment.class.getClassLoader());
        try {
            return new OnnxRuntimeEngine(OrtEnvironment.getEnvironment(), device, threads);
        } catch (IllegalStateException | LinkageError cause) {
            throw PlumblineException.of(StandardError.MISSING_DEVICE)
                    .asked("ONNX Runtime could not be started: " + innermost(cause))
                    .remedy("let the folder lib hold exactly one of the libraries onnxruntime and onnxruntime_gpu, and"
                            + " java.io.tmpdir name a folder with 50 MB of room")
                    .cause(cause)
                    .build();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    String version() {
        return environment.getVersion();
    }

    /**
     * Makes sure that the device can be used.
     *
     * @throws PlumblineException {@link StandardError#MISSING_DEVICE} if it cannot
     */
    void requireDevice() {
        if (device.card().isEmpty()) {
            return;
        }
        try (SessionOptions options = options()) {
            // Else a network that the card cannot take would run on the CPU without a word.
            options.addConfigEntry("session.disable_cpu_ep_fallback", "1");
            byte[] model = OnnxRecording.of(new Probe(), WeightSource.none(), ParameterLayout.empty())
                    .model();
            environment.createSession(model, options).close();
        } catch (OrtException cause) {
            throw missing(innermost(cause), NEEDED).cause(cause).build();
        }
    }

    /** The smallest network. */
    private record Probe() implements GraphDefinition {
        @Override
        public String name() {
            return "probe";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(new TensorSpec("x", TensorSpec.BATCH, 1));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            return ops.tanh(Objects.requireNonNull(inputs.get("x")));
        }
    }

    /**
     * Options for one network: one operation after the other, all optimisations, idle threads sleep. The caller closes
     * them.
     *
     * @throws PlumblineException {@link StandardError#MISSING_DEVICE} if the device cannot be used
     */
    SessionOptions options() {
        SessionOptions options = new SessionOptions();
        try {
            options.setExecutionMode(ExecutionMode.SEQUENTIAL);
            options.setOptimizationLevel(OptLevel.ALL_OPT);
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            addDevice(options);
            return options;
        } catch (OrtException cause) {
            options.close();
            throw failure("its options", cause);
        } catch (RuntimeException failure) {
            options.close();
            throw failure;
        }
    }

    private void addDevice(SessionOptions options) {
        if (device.card().isEmpty()) {
            return;
        }
        EnumSet<OrtProvider> compiledIn = OrtEnvironment.getAvailableProviders();
        if (!compiledIn.contains(OrtProvider.CUDA)) {
            throw missing("this ONNX Runtime " + version() + " was built for " + compiledIn + " only", GPU_JAR)
                    .build();
        }
        try (OrtCUDAProviderOptions card =
                new OrtCUDAProviderOptions(device.card().getAsInt())) {
            // Else products of matrices are rounded to 10 bits where we say float32.
            card.add("use_tf32", "0");
            options.addCUDA(card);
        } catch (OrtException cause) {
            throw missing(innermost(cause), NEEDED).cause(cause).build();
        }
    }

    private PlumblineException.Builder missing(String reason, String remedy) {
        return PlumblineException.of(StandardError.MISSING_DEVICE)
                .asked("device '" + device + "' cannot be used: " + reason)
                .available("cpu")
                .remedy(remedy);
    }

    /** Says what failed and why. */
    static PlumblineException failure(String what, OrtException cause) {
        String message = String.valueOf(cause.getMessage());
        boolean memory = message.contains("Failed to allocate memory")
                || message.contains("out of memory")
                || message.contains("bad_alloc");
        return PlumblineException.of(memory ? StandardError.OUT_OF_MEMORY : StandardError.INTERNAL)
                .asked(memory ? "not enough memory for " + what : what + " failed in ONNX Runtime: " + message)
                .remedy(memory ? "use a smaller batch, or a device with more memory" : "report it with this message")
                .cause(cause)
                .build();
    }

    private static String innermost(Throwable failure) {
        Throwable deepest = failure;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        String message = deepest.getMessage();
        return message == null
                ? deepest.toString()
                : message.lines().findFirst().orElse(message);
    }
}
