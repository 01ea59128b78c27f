package org.plumbline.plugins.estimator.flowbp;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * FlowBP-Lagrange: two leaps, from a random call k to a random later call j and from there to the output, each by the
 * quadrature of the predictions interpolated at a few support points. In the sampler's {@link EulerCoordinate}
 *
 * <pre>
 *   y_j = y_k + sum_i w_i m_i      over support points in [k, j)
 *   y_K = y_j + sum_i w'_i m_i     over support points in [j, K)
 * </pre>
 *
 * <p>The first {@code active} support points of each leap are differentiated at their held inputs, those after the leap's
 * start with gradients times {@code supportScale}; the network at j sees alpha x_j + (1 - alpha) sg(x_j). A row counts
 * 1 / (max(d_j, tau) + max(d_0, tau)), where d_j and d_0 are the mean distances by which the leaps miss the sampled chain.
 *
 * <p>With {@code order: 1} the leaps are Euler's, and this is LeapAlign, whose values are alpha 0.3 and tau 0.1.
 *
 * @param order most support points of a leap
 * @param active how many of them are differentiated
 * @param supportScale factor of the gradients after the start
 * @param rescale how far differentiated points make up for the others of their leap
 * @param alpha strength of the coupling at j
 * @param tau smallest distance that counts
 */
record LagrangeSurrogate(
        @Setting(
                description = "support points of a leap at most; 1 for LeapAlign",
                defaultValue = "3",
                min = 1,
                max = 8)
        int order,

        @Setting(
                description = "how many support points of a leap are differentiated, from its start on",
                defaultValue = "2",
                min = 1)
        int active,

        @Setting(
                description = "factor of the gradients of support points after the start",
                defaultValue = "0.25",
                min = 0)
        double supportScale,

        @Setting(
                description = "how far differentiated support points make up for the others of their leap, by their"
                        + " weights: 0 not, 1 in full",
                defaultValue = "0",
                min = 0)
        double rescale,

        @Setting(description = "strength of the coupling between the leaps", defaultValue = "0.1", min = 0)
        double alpha,

        @Setting(
                description = "mean distance below which a leap counts as exact, in units of the latents",
                defaultValue = "0.2",
                min = 1e-9)
        double tau)
        implements Surrogate {
    @Override
    public void check(ChainProfile profile) {
        SamplerProgram program = profile.program();
        if (!EulerCoordinate.fits(program) || program.size() < 2) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'flowbp' with variant: lagrange and " + program.name())
                    .available(
                            "samplers of at least two steps x' = a x + b m with one register, a and b not zero, and no"
                                    + " clipping, such as ddim and the Euler sampler of flow matching")
                    .remedy("choose such a sampler, or variant: sparse or bridge")
                    .build();
        }
    }

    /** A leap between two states: weights of its support points in the register's units at its end. */
    private record Leap(int from, int to, List<Integer> support, double[] weights) {
        static Leap of(EulerCoordinate path, int from, int to, int order) {
            List<Integer> support = EulerCoordinate.support(from, to, order);
            double[] weights = Arrays.stream(path.leap(from, to, support))
                    .map(w -> w * path.p()[to])
                    .toArray();
            return new Leap(from, to, support, weights);
        }

        /** By how much the gradients of the first so many points are raised for those of the others. */
        double raised(int active, double rescale) {
            double all = 0;
            double ofActive = 0;
            for (int i = 0; i < weights.length; i++) {
                all += Math.abs(weights[i]);
                ofActive += i < active ? Math.abs(weights[i]) : 0;
            }
            return ofActive > 0 ? 1 + rescale * (all / ofActive - 1) : 1;
        }
    }

    @Override
    public Gradient pullBack(Chain chain, Trajectory sampled, double[] weights, RandomGenerator random) {
        TensorArena arena = chain.arena();
        EulerCoordinate path = EulerCoordinate.of(chain.program());
        int calls = chain.program().size();
        SupportPoints.Pair pair = new SupportPoints(random).pair(calls);
        Leap first = Leap.of(path, pair.k(), pair.j(), order);
        Leap second = Leap.of(path, pair.j(), calls, order);

        double[] missJ = distance(chain, sampled, path, first);
        double[] miss0 = distance(chain, sampled, path, second);
        double[] rows = new double[chain.rows()];
        for (int row = 0; row < rows.length; row++) {
            rows[row] = weights[row] / (Math.max(missJ[row], tau) + Math.max(miss0[row], tau)) / rows.length;
        }
        double output = chain.program().output()[0];
        Tensor atEnd =
                arena.scaleRows(Arrays.stream(rows).map(w -> output * w).toArray(), chain.rewardGradient(sampled));

        Denoiser.GradientSink sink = chain.denoiser().sink();
        Tensor throughBridge = collect(chain, sampled, second, atEnd, alpha, sink);
        double linear = path.p()[calls] / path.p()[pair.j()];
        Tensor atJ = throughBridge == null
                ? arena.combine(new double[] {linear}, List.of(atEnd))
                : arena.combine(new double[] {linear, alpha}, List.of(atEnd, throughBridge));
        collect(chain, sampled, first, atJ, 0, sink);
        return new Gradient(
                sink.gradient(),
                Map.of(
                        "leap-from",
                        (double) pair.k(),
                        "leap-over",
                        (double) pair.j(),
                        "miss-of-first-leap",
                        Arrays.stream(missJ).average().orElse(0),
                        "miss-of-second-leap",
                        Arrays.stream(miss0).average().orElse(0)));
    }

    /**
     * Pulls an adjoint of the state at a leap's end back into the parameters.
     *
     * @param coupling if not 0, what reaches the state at the leap's start through the network there is returned
     */
    private @Nullable Tensor collect(
            Chain chain, Trajectory sampled, Leap leap, Tensor adjoint, double coupling, Denoiser.GradientSink sink) {
        TensorArena arena = chain.arena();
        Tensor throughStart = null;
        double raised = leap.raised(active, rescale);
        for (int i = 0; i < Math.min(active, leap.support().size()); i++) {
            int k = leap.support().get(i);
            SamplerCall call = chain.program().calls().get(k);
            Tensor u = arena.combine(new double[] {call.stateScale()}, List.of(sampled.state(k)));
            Tensor cotangent = arena.combine(new double[] {raised * leap.weights()[i]}, List.of(adjoint));
            if (i == 0 && coupling != 0) {
                Tensor input = chain.denoiser()
                        .pullBack(arena, u, call.at(), chain.program().wanted(), cotangent, sink, 1)
                        .input();
                throughStart = arena.combine(new double[] {call.stateScale()}, List.of(input));
            } else {
                double factor = i == 0 ? 1 : supportScale;
                chain.denoiser().collect(arena, u, call.at(), chain.program().wanted(), cotangent, sink, factor);
            }
        }
        return throughStart;
    }

    /** By how much the leap misses the state at its end: per row, the mean over the latent of the absolute difference. */
    private static double[] distance(Chain chain, Trajectory sampled, EulerCoordinate path, Leap leap) {
        // The miss is sum_k (p b_k - w_k) m_k, and the predictions follow from the states, so that nothing is
        // evaluated.
        try (TensorArena scratch = chain.arena().nested()) {
            Tensor miss = scratch.zeros(sampled.state(leap.to()).shape());
            double end = path.p()[leap.to()];
            for (int k = leap.from(); k < leap.to(); k++) {
                int place = leap.support().indexOf(k);
                double exact = end * (path.q()[k + 1] - path.q()[k]);
                double missing = end * (place < 0 ? 1 : 1 - leap.weights()[place] / exact);
                scratch.accumulate(miss, missing / path.p()[k + 1], sampled.state(k + 1));
                scratch.accumulate(miss, -missing / path.p()[k], sampled.state(k));
                SamplerCall call = chain.program().calls().get(k);
                if (call.stochastic()) {
                    Tensor noise = sampled.noise(k);
                    scratch.accumulate(miss, -missing * call.noise() / path.p()[k + 1], noise);
                    noise.close();
                }
            }
            double[] values = miss.toDoubles();
            int size = values.length / miss.rows();
            double[] distance = new double[miss.rows()];
            for (int i = 0; i < values.length; i++) {
                distance[i / size] += Math.abs(values[i]) / size;
            }
            return distance;
        }
    }
}
