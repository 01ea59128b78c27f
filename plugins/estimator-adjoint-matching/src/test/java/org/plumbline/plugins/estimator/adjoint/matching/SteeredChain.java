package org.plumbline.plugins.estimator.adjoint.matching;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.problem.ClosedFormDenoiser;

/**
 * A linear chain with a push of its own at every call, x' = A x + B (W x + push_k) + s_k z in two dimensions, for a linear
 * reward g . x. Its adjoint is the same for every sample, so the control that maximises lambda E[R] minus the divergence
 * from the chain without pushes is known.
 */
record SteeredChain() implements ClosedFormDenoiser {
    static final int CALLS = 4;
    static final double KEPT = 0.9;
    static final double OF_OUTPUT = -0.7;
    static final double[] NOISE = {0.5, 0.3, 0.8, 0.2};
    static final double[] W = {0.4, -0.3, 0.2, 0.6};
    static final double[] REWARD = {1.5, -0.8};

    private static final int D = 2;

    @Override
    public int dimensions() {
        return D;
    }

    @Override
    public String name() {
        return "steered-chain";
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(
                new TensorSpec(DenoiserInput.SAMPLE.key(), TensorSpec.BATCH, D, 1, 1),
                new TensorSpec(DenoiserInput.TIMESTEP.key(), TensorSpec.BATCH));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T x = ops.reshape(Objects.requireNonNull(inputs.get(DenoiserInput.SAMPLE.key())), -1, D);
        T k = ops.reshape(Objects.requireNonNull(inputs.get(DenoiserInput.TIMESTEP.key())), -1, 1);
        T push = ops.reshape(ops.embedding(ops.weight("push", CALLS, D), k), -1, D);
        return ops.reshape(ops.add(ops.linear(x, ops.weight("W", D, D), null), push), -1, D, 1, 1);
    }

    @Override
    public Map<String, WeightSource.Weight> weights() {
        Map<String, WeightSource.Weight> weights = new LinkedHashMap<>();
        weights.put("W", new WeightSource.Weight(W.clone(), D, D));
        weights.put("push", new WeightSource.Weight(new double[CALLS * D], CALLS, D));
        return weights;
    }

    @Override
    public ParameterLayout layout() {
        return ParameterLayout.builder().add("push", CALLS, D).build();
    }

    SamplerProgram program() {
        List<SamplerCall> calls = new ArrayList<>();
        for (int k = 0; k < CALLS; k++) {
            calls.add(SamplerCall.single(new TimePoint(k, 1, 1), KEPT, OF_OUTPUT, 0, NOISE[k]));
        }
        return new SamplerProgram(
                "steered", PredictionType.EPSILON, OutputTransform.none(), 1, 1, calls, new double[] {1});
    }

    /** dE[R] / dx after call k, for every sample. */
    static double[] pull(int k) {
        double[] g = REWARD.clone();
        for (int i = CALLS - 1; i > k; i--) {
            g = new double[] {
                KEPT * g[0] + OF_OUTPUT * (W[0] * g[0] + W[2] * g[1]),
                KEPT * g[1] + OF_OUTPUT * (W[1] * g[0] + W[3] * g[1])
            };
        }
        return g;
    }

    /**
     * lambda E[R] minus the divergence, from no push, up to a constant: each call is on its own, since the chain is
     * linear.
     */
    static double objective(double lambda, double[] pushes) {
        double value = 0;
        for (int k = 0; k < CALLS; k++) {
            for (int i = 0; i < D; i++) {
                double move = OF_OUTPUT * pushes[k * D + i];
                value += lambda * pull(k)[i] * move - move * move / (2 * NOISE[k] * NOISE[k]);
            }
        }
        return value;
    }

    /** Its maximum: every move is s_k^2 lambda pull_k. */
    static double[] optimum(double lambda) {
        double[] pushes = new double[CALLS * D];
        for (int k = 0; k < CALLS; k++) {
            for (int i = 0; i < D; i++) {
                pushes[k * D + i] = NOISE[k] * NOISE[k] * lambda * pull(k)[i] / OF_OUTPUT;
            }
        }
        return pushes;
    }

    /** R = g . x. */
    static final class Along implements DifferentiableRewardModel, GraphDefinition {
        @Override
        public String unit() {
            return "length";
        }

        @Override
        public GraphDefinition graph(long[] imageShape) {
            return this;
        }

        @Override
        public WeightSource weights() {
            return WeightSource.of(Map.of("g", new WeightSource.Weight(REWARD.clone(), D)));
        }

        @Override
        public String name() {
            return "along";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(new TensorSpec(IMAGE, TensorSpec.BATCH, D, 1, 1));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T x = ops.reshape(Objects.requireNonNull(inputs.get(IMAGE)), -1, D);
            return ops.sum(ops.mul(x, ops.weight("g", D)), false, 1);
        }
    }
}
