package org.plumbline.spi.estimator;

import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.TimePoint;

/** The network with guidance and conversion of its prediction. Every call is counted. */
@ProviderType
public interface Denoiser {
    /**
     * Evaluates.
     *
     * @param into owns the result
     * @param u noisy latents alpha x0 + sigma eps
     * @param at where
     * @param wanted the quantity to convert to
     */
    Tensor predict(TensorArena into, Tensor u, TimePoint at, PredictionType wanted);

    /**
     * Evaluates and pulls a cotangent back: parameter and condition gradients go to {@code into}.
     *
     * @param arena owns the results
     * @param cotangent of the wanted quantity
     * @param sink collects {@code factor} times the gradient of the trained parameters
     * @param factor weight of this evaluation in the collected gradient
     */
    Pulled pullBack(
            TensorArena arena,
            Tensor u,
            TimePoint at,
            PredictionType wanted,
            Tensor cotangent,
            GradientSink sink,
            double factor);

    /**
     * Pulls a cotangent back to the input only; nothing is collected. Costs as much as {@link #pullBack}.
     *
     * @param arena owns the results
     * @param cotangent of the wanted quantity
     */
    default Pulled pullBackInput(TensorArena arena, Tensor u, TimePoint at, PredictionType wanted, Tensor cotangent) {
        return pullBack(arena, u, at, wanted, cotangent, sink(), 0);
    }

    /**
     * Pulls a cotangent back with the network's input taken as constant (stop-gradient), which spares the backward pass
     * what lies before the first trained layer.
     *
     * @param arena owns the result
     * @param cotangent of the wanted quantity
     * @param sink collects {@code factor} times the gradient of the trained parameters
     * @param factor weight of this evaluation in the collected gradient; with 0 the network is not evaluated
     * @return what reaches u all the same, since the conversion of the prediction is explicit in it; null if it is not
     */
    @Nullable
    Tensor collect(
            TensorArena arena,
            Tensor u,
            TimePoint at,
            PredictionType wanted,
            Tensor cotangent,
            GradientSink sink,
            double factor);

    /** A fresh, empty collector of parameter gradients. */
    GradientSink sink();

    /**
     * The result of a pull-back.
     *
     * @param output the wanted quantity at u
     * @param input gradient with respect to u
     */
    record Pulled(Tensor output, Tensor input) {}

    /** Collects the gradient of the trained parameters over several evaluations. */
    @ProviderType
    interface GradientSink {
        /**
         * Adds a gradient with respect to the initial state of the chain, for runs that train the initial noise; no
         * effect on others.
         *
         * @param initialState gradient with respect to y_1 before the first call
         */
        void initialState(Tensor initialState, double factor);

        /** What was collected, of theta's length. */
        double[] gradient();
    }
}
