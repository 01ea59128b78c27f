package org.plumbline.testkit.chain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ImageDecoder;
import org.plumbline.spi.model.PredictionType.Affine;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.sampler.Clipping;

/**
 * A whole sampling chain as one graph: every call of a sampler program with classifier-free guidance, conversion of the
 * prediction, output transform and register updates, then the decoder and the reward. Its output is the rewards [batch].
 *
 * <p>It shares no code with the chain of the host: guidance is two evaluations of the network instead of one on twice the
 * rows, and registers are summed term by term.
 *
 * <p>Weights: the denoiser's by their own names, so that a trained layout fits; the decoder's and the reward's with the
 * prefixes {@code decoder/} and {@code reward/}. Immutable.
 */
public final class UnrolledChain implements GraphDefinition {
    /** Graph input: the number 1 for every row, [batch]; time labels are multiples of it. */
    public static final String ONE = "one";
    /** Graph input: standard normal initial noise, [batch, channels, height, width], before the program scales it. */
    public static final String INITIAL = "initial";
    /** Graph input: the standard normal noise of the noisy calls, [batch, noisy calls, channels, height, width]. */
    public static final String NOISE = "noise";
    /** Graph input: the encoded prompts, [batch, length, width]. */
    public static final String CONDITION = "condition";
    /** Graph input: the encoded empty prompt, [batch, length, width]; with guidance other than 1 only. */
    public static final String UNCONDITIONAL = "unconditional";

    private static final Prefixed DECODER = new Prefixed("decoder/");
    private static final Prefixed REWARD = new Prefixed("reward/");

    private final SamplerProgram program;
    private final DiffusionModel model;
    private final GraphDefinition denoiser;
    private final double guidance;
    private final DifferentiableRewardModel reward;
    private final GraphDefinition rewardGraph;
    private final Set<String> denoiserInputs;
    private final int noisyCalls;

    /**
     * Puts a chain together.
     *
     * @param denoiser the model's, or that of its trained weights
     * @param guidance w of eps_u + w (eps_c - eps_u); 1 for none; without effect on a model that takes no condition
     * @throws PlumblineException {@link StandardError#UNSUPPORTED} for an output transform other than clipping
     */
    public UnrolledChain(
            SamplerProgram program,
            DiffusionModel model,
            GraphDefinition denoiser,
            double guidance,
            DifferentiableRewardModel reward) {
        this.program = program;
        this.model = model;
        this.denoiser = denoiser;
        this.reward = reward;
        this.rewardGraph = reward.graph(model.imageDecoder().imageShape());
        this.denoiserInputs =
                denoiser.inputs().stream().map(TensorSpec::name).collect(Collectors.toCollection(HashSet::new));
        this.guidance = conditional() ? guidance : 1;
        this.noisyCalls = Math.toIntExact(
                program.calls().stream().filter(SamplerCall::stochastic).count());
        if (!program.transform().identity() && !(program.transform() instanceof Clipping)) {
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("the output transform " + program.transform() + " as a graph")
                    .available("none, clipping")
                    .build();
        }
    }

    /** How many calls of the program are noisy. */
    int noisyCalls() {
        return noisyCalls;
    }

    boolean conditional() {
        return denoiserInputs.contains(DenoiserInput.CONDITION.key());
    }

    boolean guided() {
        return guidance != 1;
    }

    /** Name of the graph input that is the reward's input of this name. */
    static String rewardInput(String name) {
        return REWARD.prefix() + name;
    }

    /** The weights of all networks. */
    public WeightSource weights() {
        ImageDecoder decoder = model.imageDecoder();
        return DECODER.source(decoder.weights(), REWARD.source(reward.weights(), model.denoiserWeights()));
    }

    @Override
    public String name() {
        return denoiser.name() + ", " + program.size() + " calls, " + rewardGraph.name();
    }

    @Override
    public List<TensorSpec> inputs() {
        long[] latent = model.latentShape();
        List<TensorSpec> inputs = new ArrayList<>();
        inputs.add(new TensorSpec(ONE, TensorSpec.BATCH));
        inputs.add(new TensorSpec(INITIAL, headed(latent, TensorSpec.BATCH)));
        if (noisyCalls > 0) {
            inputs.add(new TensorSpec(NOISE, headed(latent, TensorSpec.BATCH, noisyCalls)));
        }
        if (conditional()) {
            long[] condition = denoiser.inputs().stream()
                    .filter(spec -> spec.name().equals(DenoiserInput.CONDITION.key()))
                    .findFirst()
                    .orElseThrow()
                    .shape();
            inputs.add(new TensorSpec(CONDITION, condition));
            if (guided()) {
                inputs.add(new TensorSpec(UNCONDITIONAL, condition));
            }
        }
        for (TensorSpec spec : rewardGraph.inputs()) {
            if (!spec.name().equals(DifferentiableRewardModel.IMAGE)) {
                inputs.add(new TensorSpec(rewardInput(spec.name()), spec.shape()));
            }
        }
        return inputs;
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        return new Unrolling<>(ops, inputs).rewards();
    }

    /** The chain in one interpreter. Registers that are absent hold zero. */
    private static long[] headed(long[] sizes, long... before) {
        return LongStream.concat(LongStream.of(before), LongStream.of(sizes)).toArray();
    }

    private final class Unrolling<T> {
        private final Ops<T> ops;
        private final Map<String, T> inputs;
        private int drawn;

        Unrolling(Ops<T> ops, Map<String, T> inputs) {
            this.ops = ops;
            this.inputs = inputs;
        }

        T rewards() {
            T images = model.imageDecoder().graph().build(DECODER.ops(ops), Map.of(ImageDecoder.LATENT, latents()));
            Map<String, T> scored = new HashMap<>();
            for (TensorSpec spec : rewardGraph.inputs()) {
                boolean image = spec.name().equals(DifferentiableRewardModel.IMAGE);
                scored.put(spec.name(), image ? images : input(rewardInput(spec.name())));
            }
            return rewardGraph.build(REWARD.ops(ops), scored);
        }

        /** x_0. */
        private T latents() {
            Map<Integer, T> registers = new HashMap<>();
            registers.put(0, ops.scale(input(INITIAL), program.initScale()));
            for (SamplerCall call : program.calls()) {
                registers = after(call, registers);
            }
            return Objects.requireNonNull(combination(program.output(), 1, registers), "the program's output is zero");
        }

        private Map<Integer, T> after(SamplerCall call, Map<Integer, T> registers) {
            T u = Objects.requireNonNull(combination(call.inputWeights(), call.inputScale(), registers), "zero input");
            T h = converted(u, call.at());
            T m = program.transform() instanceof Clipping clipping
                    ? ops.clamp(h, -clipping.range(), clipping.range())
                    : h;
            Map<Integer, T> next = new HashMap<>();
            for (int i = 0; i < program.registers(); i++) {
                T sum = combination(call.transition()[i], 1, registers);
                sum = plus(sum, call.ofOutput()[i], m);
                sum = plus(sum, call.ofRaw()[i], h);
                if (i == 0 && call.stochastic()) {
                    sum = plus(sum, call.noise(), noise());
                }
                if (sum != null) {
                    next.put(i, sum);
                }
            }
            return next;
        }

        /** The wanted quantity from the network's guided prediction. */
        private T converted(T u, TimePoint at) {
            Affine affine = model.prediction().to(program.wanted(), at.alpha(), at.sigma());
            T prediction = network(u, at, CONDITION);
            if (guided()) {
                T without = network(u, at, UNCONDITIONAL);
                prediction = ops.add(without, ops.scale(ops.sub(prediction, without), guidance));
            }
            prediction = ops.scale(prediction, affine.ofPrediction());
            return affine.ofInput() == 0 ? prediction : ops.add(prediction, ops.scale(u, affine.ofInput()));
        }

        private T network(T u, TimePoint at, String condition) {
            Map<String, T> given = new HashMap<>();
            given.put(DenoiserInput.SAMPLE.key(), u);
            given.put(DenoiserInput.TIMESTEP.key(), ops.scale(input(ONE), at.label()));
            given.put(DenoiserInput.ALPHA.key(), ops.scale(input(ONE), at.alpha()));
            given.put(DenoiserInput.SIGMA.key(), ops.scale(input(ONE), at.sigma()));
            if (conditional()) {
                given.put(DenoiserInput.CONDITION.key(), input(condition));
            }
            given.keySet().retainAll(denoiserInputs);
            return denoiser.build(ops, given);
        }

        /** The noise of the next noisy call. */
        private T noise() {
            long[] latent = model.latentShape();
            T slice = ops.slice(input(NOISE), 1, drawn, drawn + 1L);
            drawn++;
            return ops.reshape(slice, headed(latent, TensorSpec.BATCH));
        }

        /** factor * (weights . registers), or null if all terms are zero. */
        private @Nullable T combination(double[] weights, double factor, Map<Integer, T> registers) {
            T sum = null;
            for (int j = 0; j < weights.length; j++) {
                sum = plus(sum, factor * weights[j], registers.get(j));
            }
            return sum;
        }

        private @Nullable T plus(@Nullable T sum, double factor, @Nullable T x) {
            if (factor == 0 || x == null) {
                return sum;
            }
            T term = factor == 1 ? x : ops.scale(x, factor);
            return sum == null ? term : ops.add(sum, term);
        }

        private T input(String name) {
            return Objects.requireNonNull(inputs.get(name), name);
        }
    }
}
