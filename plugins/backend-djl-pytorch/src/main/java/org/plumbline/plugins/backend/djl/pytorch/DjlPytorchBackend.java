package org.plumbline.plugins.backend.djl.pytorch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import jakarta.inject.Inject;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;

/**
 * Computes with libtorch, forward and backward. What goes in and comes out is float32.
 *
 * <p>Nothing native is touched before the first session is opened or the description is asked for. On the CPU the same
 * calls give the same bits at a fixed number of threads and workers; on CUDA the order of some sums is up to the card.
 * Several sessions in parallel, each with one thread, are the fastest way to use many cores; where there is one session,
 * workers divide the rows of its calls.
 */
@Plugin(
        id = "djl-pytorch",
        description = "libtorch through DJL: forward passes and vector-Jacobian products, CPU or CUDA",
        configuration = DjlPytorchBackend.Configuration.class)
public final class DjlPytorchBackend implements ComputeBackend {
    private final Configuration configuration;
    private final Device device;

    /**
     * Settings.
     *
     * @param device where to compute
     * @param threads how many threads share one operation
     * @param workers how many threads share the rows of a call
     * @param precision in which networks multiply
     * @param recompute whether gradients keep activations or compute them again
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
            int threads,

            @Setting(
                    description = "threads that share the rows of one network call, each with 'threads' threads of its"
                            + " own; numbers depend on it in the last bits; CPU only",
                    defaultValue = "1",
                    min = 1,
                    max = 1024)
            int workers,

            @Setting(
                    description =
                            "in which networks multiply, convolve and attend; parameters, latents, gradients, norms"
                                    + " and sums stay float32",
                    defaultValue = "float32")
            Precision precision,

            @Setting(
                    description =
                            "'segments' computes the activations between the boundaries of a network again for its"
                                    + " gradient: less memory, about a third more time",
                    defaultValue = "none")
            Recompute recompute) {}

    /**
     * Checks the settings; touches nothing native.
     *
     * @throws PlumblineException {@link StandardError#BAD_VALUE} if the device setting is not of a known form;
     *     {@link StandardError#INCOMPATIBLE} if several workers are to share a CUDA device, which serves calls one by one
     */
    @Inject
    public DjlPytorchBackend(Configuration configuration) {
        this.configuration = configuration;
        device = PyTorchEngine.parse(configuration.device());
        if (device.isGpu() && configuration.workers() > 1) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked(configuration.workers() + " workers on device '" + configuration.device() + "'")
                    .available("one: a CUDA device divides the rows of a call among its own processors")
                    .remedy("leave workers out, or set device = cpu")
                    .build();
        }
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.FORWARD, Capability.VJP);
    }

    @Override
    public String description() {
        Engine engine = PyTorchEngine.start();
        return "libtorch " + engine.getVersion() + " through DJL " + Engine.getDjlVersion() + ", "
                + configuration.device() + ", " + precision(System.getenv("NVIDIA_TF32_OVERRIDE")) + ", "
                + count(configuration.workers(), "worker") + " of " + count(configuration.threads(), "thread")
                + (configuration.recompute() == Recompute.NONE ? "" : ", recomputing " + configuration.recompute());
    }

    /** On recent cards cuDNN convolves float32 in TF32, with 11 bits of precision, unless the driver is told otherwise. */
    String precision(@Nullable String override) {
        boolean rounded = device.isGpu() && configuration.precision() == Precision.FLOAT32 && !"0".equals(override);
        return configuration.precision() + (rounded ? " (convolutions in TF32 where the card has it)" : "");
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    @Override
    public BackendSession open() {
        Engine engine = PyTorchEngine.start();
        NDManager manager = PyTorchEngine.manager(engine, device, configuration.device());
        DjlSession session;
        try {
            session = new DjlSession(manager, configuration);
        } catch (RuntimeException failure) {
            manager.close();
            throw failure;
        }
        try {
            if (configuration.precision() != Precision.FLOAT32) {
                PrecisionProbe.check(session, configuration);
            }
            return session;
        } catch (RuntimeException failure) {
            session.close();
            throw failure;
        }
    }
}
