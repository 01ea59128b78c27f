package org.plumbline.testkit.estimator;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.testkit.backend.WrappedBackend;

/** Another backend that fails when it is told to: at one network call, of whatever network. Not thread-safe. */
public final class CrankyBackend extends WrappedBackend {
    /** What happens at the call. */
    public enum Fault {
        /** The call fails with OUT_OF_MEMORY; the next one would succeed. */
        OUT_OF_MEMORY,
        /** This call and all later ones fail with BACKEND_LOST. */
        BACKEND_LOST,
        /** The first number of every result of the call is not a number. */
        NOT_A_NUMBER,
        /** Every result of the call has a row too many. */
        WRONG_SHAPE,
        /** The call takes 20 milliseconds longer. */
        SLOW
    }

    private @Nullable Fault fault;
    private long at;
    private long calls;

    /**
     * @param inner computes
     */
    public CrankyBackend(ComputeBackend inner) {
        super(inner);
    }

    /**
     * Prepares a fault and starts to count anew.
     *
     * @param what to happen
     * @param call number of the call from now on, from 0
     */
    public void failAt(Fault what, long call) {
        fault = what;
        at = call;
        calls = 0;
    }

    /** Prepares nothing and starts to count anew. */
    public void behave() {
        fault = null;
        calls = 0;
    }

    /** How many network calls were made since the last {@link #behave} or {@link #failAt}. */
    public long calls() {
        return calls;
    }

    @Override
    public String description() {
        return super.description() + ", cranky";
    }

    /** Counts the call; true if its results are to be spoilt. */
    private boolean strikes() {
        long call = calls++;
        if (fault == Fault.BACKEND_LOST && call >= at) {
            throw failure(StandardError.BACKEND_LOST, "the device went away");
        }
        if (fault == null || call != at) {
            return false;
        }
        return switch (fault) {
            case OUT_OF_MEMORY -> throw failure(StandardError.OUT_OF_MEMORY, "the device has no memory left");
            case BACKEND_LOST -> false;
            case NOT_A_NUMBER, WRONG_SHAPE -> true;
            case SLOW -> {
                try {
                    Thread.sleep(20);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
                yield false;
            }
        };
    }

    private static PlumblineException failure(StandardError code, String what) {
        return PlumblineException.of(code)
                .asked(what + ", as the test wanted")
                .remedy("nothing; the failure is planted")
                .build();
    }

    private Tensor spoilt(TensorArena into, Tensor tensor) {
        double[] values = tensor.toDoubles();
        long[] shape = tensor.shape();
        tensor.close();
        if (fault == Fault.WRONG_SHAPE) {
            int row = values.length / Math.toIntExact(shape[0]);
            shape[0]++;
            return into.tensor(Arrays.copyOf(values, values.length + row), shape);
        }
        values[0] = Double.NaN;
        return into.tensor(values, shape);
    }

    @Override
    protected Tensor forward(
            Network network, TensorArena into, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
        boolean spoil = strikes();
        Tensor output = super.forward(network, into, parameters, inputs);
        return spoil ? spoilt(into, output) : output;
    }

    @Override
    protected VectorJacobian vjp(
            Network network,
            TensorArena into,
            @Nullable Tensor parameters,
            Map<String, Tensor> inputs,
            Tensor cotangent,
            Set<String> wrt) {
        boolean spoil = strikes();
        VectorJacobian pulled = super.vjp(network, into, parameters, inputs, cotangent, wrt);
        if (!spoil) {
            return pulled;
        }
        Map<String, Tensor> gradients = new HashMap<>();
        pulled.inputGradients().forEach((name, gradient) -> gradients.put(name, spoilt(into, gradient)));
        Tensor theta = pulled.parameterGradient();
        return new VectorJacobian(spoilt(into, pulled.output()), gradients, theta == null ? null : spoilt(into, theta));
    }
}
