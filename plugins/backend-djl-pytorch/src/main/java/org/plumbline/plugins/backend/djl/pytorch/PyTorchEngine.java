package org.plumbline.plugins.backend.djl.pytorch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * Starts libtorch, once in the life of the JVM, and finds devices.
 *
 * <p>The engine belongs to the ground floor: DJL lies on the application's class path, since a native library can be
 * loaded by one class loader only. It looks for its parts through the context class loader of whichever thread touches it
 * first, and remembers a failure for good, so that thread is given DJL's own loader for the moment of the first touch.
 */
final class PyTorchEngine {
    private static final String NAME = "PyTorch";
    private static final Pattern DEVICE = Pattern.compile("cpu|cuda(?::(\\d{1,3}))?");

    private PyTorchEngine() {}

    /**
     * Starts the engine if it is not running.
     *
     * @throws PlumblineException {@link StandardError#MISSING_DEVICE} if libtorch cannot be loaded
     */
    static Engine start() {
        Libtorch libtorch = Libtorch.ofEnvironment();
        Optional<String> defect = libtorch.defect();
        if (defect.isPresent()) {
            throw missing(libtorch, defect.get(), null);
        }
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(Engine.class.getClassLoader());
        try {
            stayOffline();
            return Engine.getEngine(NAME);
        } catch (EngineException | IllegalArgumentException | LinkageError cause) {
            throw missing(libtorch, Libtorch.loadFailure(innermost(cause)), cause);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static PlumblineException missing(Libtorch libtorch, String why, @Nullable Throwable cause) {
        PlumblineException.Builder problem = PlumblineException.of(StandardError.MISSING_DEVICE)
                .asked("libtorch could not be started: " + why)
                .available("PYTORCH_LIBRARY_PATH is " + libtorch.folder() + "; nothing is ever downloaded")
                .remedy(Libtorch.remedy() + ", or put DJL's pytorch-jni and pytorch-native-cpu jars on the class path");
        return cause == null ? problem.build() : problem.cause(cause).build();
    }

    /** Nothing is downloaded at run time: without this, DJL would fetch native libraries that it misses. */
    private static void stayOffline() {
        if (System.getenv("DJL_OFFLINE") == null && System.getProperty("ai.djl.offline") == null) {
            System.setProperty("ai.djl.offline", "true");
        }
    }

    /**
     * Reads a device setting.
     *
     * @param setting cpu, cuda or cuda:N
     * @throws PlumblineException {@link StandardError#BAD_VALUE} if it is none of these
     */
    static Device parse(String setting) {
        Matcher matcher = DEVICE.matcher(setting);
        if (!matcher.matches()) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("device '" + setting + "'")
                    .available("cpu, cuda, cuda:N with N the number of the card")
                    .build();
        }
        if (setting.equals("cpu")) {
            return Device.cpu();
        }
        String number = matcher.group(1);
        return Device.gpu(number == null ? 0 : Integer.parseInt(number));
    }

    /**
     * A manager of native memory on a device that was seen to compute.
     *
     * @throws PlumblineException {@link StandardError#MISSING_DEVICE} if the device cannot be used
     */
    static NDManager manager(Engine engine, Device device, String setting) {
        NDManager manager = engine.newBaseManager(device);
        try (NDArray one = manager.ones(new Shape(1));
                NDArray two = one.add(one)) {
            if (two.toFloatArray()[0] == 2f) {
                return manager;
            }
            throw new EngineException("1 + 1 was computed as " + two.toFloatArray()[0]);
        } catch (EngineException | IllegalStateException cause) {
            manager.close();
            String why = device.isGpu()
                    ? Libtorch.ofEnvironment().cudaFailure(engine.getGpuCount(), device.getDeviceId(), innermost(cause))
                    : innermost(cause);
            throw PlumblineException.of(StandardError.MISSING_DEVICE)
                    .asked("device '" + setting + "' cannot be used: " + why)
                    .available("cpu; libtorch sees " + engine.getGpuCount() + " CUDA devices")
                    .remedy("set device = cpu, or " + Libtorch.remedy()
                            + ", on a machine with a CUDA device and driver")
                    .cause(cause)
                    .build();
        }
    }

    /** The first line of the deepest message. */
    static String innermost(Throwable failure) {
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
