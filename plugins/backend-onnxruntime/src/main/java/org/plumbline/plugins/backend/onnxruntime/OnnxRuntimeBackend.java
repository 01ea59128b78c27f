package org.plumbline.plugins.backend.onnxruntime;

import jakarta.inject.Inject;
import java.util.Set;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;

/**
 * Runs networks forward with ONNX Runtime in float32; it does not differentiate.
 *
 * <p>Nothing native is touched before the first session is opened or the description is asked for. On the CPU the same
 * calls give the same bits. Run as many sessions in parallel as there are cores, each with one thread.
 */
@Plugin(
        id = "onnxruntime",
        description = "ONNX Runtime: float32, forward passes only, CPU or CUDA",
        configuration = OnnxRuntimeBackend.Configuration.class)
public final class OnnxRuntimeBackend implements ComputeBackend {
    private final Device device;
    private final int threads;

    /**
     * Settings.
     *
     * @param device where to compute
     * @param threads how many threads share one operation
     */
    public record Configuration(
            @Setting(
                    description = "cpu, cuda, or cuda:N for card N; cuda needs the library onnxruntime_gpu in place of"
                            + " onnxruntime, and CUDA 12",
                    defaultValue = "cpu")
            String device,

            @Setting(
                    description = "threads that share one operation of a session",
                    defaultValue = "1",
                    min = 1,
                    max = 1024)
            int threads) {}

    /**
     * Checks the settings; touches nothing native.
     *
     * @throws PlumblineException {@link StandardError#BAD_VALUE} if the device setting is not of a known form
     */
    @Inject
    public OnnxRuntimeBackend(Configuration configuration) {
        device = Device.parse(configuration.device());
        threads = configuration.threads();
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.FORWARD);
    }

    @Override
    public String description() {
        return "ONNX Runtime " + OnnxRuntimeEngine.start(device, threads).version() + ", " + device + ", float32, "
                + threads + (threads == 1 ? " thread" : " threads");
    }

    @Override
    public BackendSession open() {
        OnnxRuntimeEngine engine = OnnxRuntimeEngine.start(device, threads);
        engine.requireDevice();
        return new RuntimeSession(engine);
    }
}
