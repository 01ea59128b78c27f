package org.plumbline.kernel.chain;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * Holds what a backend returned against what was asked for. A result of another shape is the backend's fault; computing on
 * with it would at best fail later, as somebody else's. Values are looked at where they leave the device.
 */
final class Returned {
    private Returned() {}

    /**
     * Passes an output on.
     *
     * @throws PlumblineException {@link StandardError#PLUGIN_CONTRACT} if it has another shape
     */
    static Tensor output(Network network, Tensor output, long... shape) {
        return checked(network, "output", output, shape);
    }

    /**
     * Passes products on.
     *
     * @param theta the parameters that were given, or null
     * @param inputs that were given
     * @param wrt the inputs whose gradient was asked for
     * @param shape of the output
     * @throws PlumblineException {@link StandardError#PLUGIN_CONTRACT} if one is missing or has another shape
     */
    static VectorJacobian products(
            Network network,
            VectorJacobian pulled,
            @Nullable Tensor theta,
            Map<String, Tensor> inputs,
            Set<String> wrt,
            long... shape) {
        checked(network, "output", pulled.output(), shape);
        if (theta != null) {
            checked(network, "gradient of the parameters", pulled.parameterGradient(), theta.shape());
        }
        for (String name : wrt) {
            Tensor input = inputs.get(name);
            if (input != null) {
                checked(
                        network,
                        "gradient of input '" + name + "'",
                        pulled.inputGradients().get(name),
                        input.shape());
            }
        }
        return pulled;
    }

    private static Tensor checked(Network network, String what, @Nullable Tensor found, long[] shape) {
        if (found == null || !Arrays.equals(found.shape(), shape)) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("the backend gave as " + what + " of '"
                            + network.definition().name() + "' "
                            + (found == null ? "nothing" : "a tensor of shape " + Arrays.toString(found.shape())))
                    .available(Arrays.toString(shape) + " was asked for")
                    .remedy("tell the author of the backend; the parameters were not touched")
                    .build();
        }
        return found;
    }
}
