package org.plumbline.toolkit.problem;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;

/**
 * A chain with noise in every step and one small matrix: the network is m = tanh(W x) at all times, and a step is
 * x' = 0.8 x + 0.7 m + 0.3 z. It denoises nothing; it is what estimators of the gradient of an expected reward are
 * measured on, since millions of samples take seconds.
 *
 * <p>Input: {@code sample}. Weight, trained: {@code W} [d, d].
 *
 * @param dimensions d
 */
public record TanhChain(int dimensions) implements ClosedFormDenoiser {
    /** Four dimensions, hence 16 parameters. */
    public static TanhChain standard() {
        return new TanhChain(4);
    }

    @Override
    public String name() {
        return "tanh-chain";
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(new TensorSpec(DenoiserInput.SAMPLE.key(), TensorSpec.BATCH, dimensions, 1, 1));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        T x = ops.reshape(Numbers.input(inputs, DenoiserInput.SAMPLE), -1, dimensions);
        T m = ops.tanh(ops.linear(x, ops.weight("W", dimensions, dimensions), null));
        return ops.reshape(m, -1, dimensions, 1, 1);
    }

    /** {@code W}: entries of size about 0.6 without a pattern. */
    @Override
    public Map<String, WeightSource.Weight> weights() {
        return Map.of(
                "W",
                Numbers.weight(
                        dimensions,
                        dimensions,
                        (i, j) -> 0.6 * Math.sqrt(2) * Math.sin(0.5 + 1.9 * i + 2.6 * j + 0.4 * i * j)));
    }

    @Override
    public ParameterLayout layout() {
        return ClosedFormDenoiser.layoutOf(weights());
    }

    /** A target c for {@link QuadraticReward#around}. */
    public double[] target() {
        return Numbers.vector(dimensions, i -> Math.cos(0.3 + 1.1 * i));
    }

    /** x' = 0.8 x + 0.7 m + 0.3 z, {@code calls} times from a standard normal x. */
    public SamplerProgram program(int calls) {
        List<SamplerCall> table = new ArrayList<>();
        for (int k = 0; k < calls; k++) {
            table.add(SamplerCall.single(time(calls, k), 0.8, 0.7, 0, 0.3));
        }
        return program("tanh chain", 1, table, new double[] {1});
    }

    /**
     * x' = 0.8 x + 0.5 m + 0.25 m_prev + 0.3 z with the network's output of the call before, 0 at first: a sampler with
     * memory, for what happens to the second register at a cut.
     */
    public SamplerProgram programWithMemory(int calls) {
        List<SamplerCall> table = new ArrayList<>();
        for (int k = 0; k < calls; k++) {
            table.add(new SamplerCall(
                    time(calls, k),
                    1,
                    new double[] {1, 0},
                    new double[][] {{0.8, 0.25}, {0, 0}},
                    new double[] {0.5, 1},
                    new double[] {0, 0},
                    0.3));
        }
        return program("tanh chain with memory", 2, table, new double[] {1, 0});
    }

    /** The network knows no time; alpha and sigma only have to be numbers. */
    private static TimePoint time(int calls, int k) {
        return new TimePoint(calls - 1.0 - k, 1, 1);
    }

    private static SamplerProgram program(String name, int registers, List<SamplerCall> table, double[] output) {
        return new SamplerProgram(name, PredictionType.EPSILON, OutputTransform.none(), registers, 1, table, output);
    }
}
