package org.plumbline.plugins.backend.djl.pytorch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
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
 * Computes with libtorch in float32, forward and backward.
 *
 * <p>Nothing native is touched before the first session is opened or the description is asked for. On the CPU the same
 * calls give the same bits at a fixed number of threads. Run as many sessions in parallel as there are cores, each with one
 * thread: that is faster than one session with many, and gives the same bits on every machine with the same kernels.
 */
@Plugin(
        id = "djl-pytorch",
        description = "libtorch through DJL: float32, forward passes and vector-Jacobian products, CPU or CUDA",
        configuration = DjlPytorchBackend.Configuration.class)
public final class DjlPytorchBackend implements ComputeBackend {
    private final Configuration configuration;
    private final Device device;

    /**
     * Settings.
     *
     * @param device where to compute
     * @param threads how many threads share one operation
     */
    public record Configuration(
            @Setting(description = "cpu, cuda, or cuda:N for card N", defaultValue = "cpu")
            String device,

            @Setting(
                    description = "threads that share one operation of a session; gradients depend on it in the"
                            + " last bits",
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
    public DjlPytorchBackend(Configuration configuration) {
        this.configuration = configuration;
        device = PyTorchEngine.parse(configuration.device());
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.FORWARD, Capability.VJP);
    }

    @Override
    public String description() {
        Engine engine = PyTorchEngine.start();
        return "libtorch " + engine.getVersion() + " through DJL " + Engine.getDjlVersion() + ", "
                + configuration.device() + ", float32, "
                + configuration.threads() + (configuration.threads() == 1 ? " thread" : " threads");
    }

    @Override
    public BackendSession open() {
        Engine engine = PyTorchEngine.start();
        NDManager manager = PyTorchEngine.manager(engine, device, configuration.device());
        try {
            return new DjlSession(manager, configuration.threads());
        } catch (RuntimeException failure) {
            manager.close();
            throw failure;
        }
    }
}
