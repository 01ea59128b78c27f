package org.plumbline.testkit.chain;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * The gradient of the mean reward by back-propagation through the stored graph of a whole chain. The same batch and theta
 * give the same samples, and up to rounding the same gradient, as a sweep from the reward through all calls of the host's
 * chain; memory grows with the number of calls. Confined to one thread; the opener closes it.
 */
public final class StoredGraph implements AutoCloseable {
    private final ChainParts parts;
    private final SamplerProgram program;
    private final BackendSession session;
    private final @Nullable TrainableWeights weights;
    private final UnrolledChain chain;
    private final Network network;
    private final Map<String, double[]> encoded = new HashMap<>();

    private StoredGraph(BackendSession session, ChainParts parts, SamplerProgram program) {
        this.parts = parts;
        this.program = program;
        this.session = session;
        DiffusionModel model = parts.model();
        this.weights = parts.target() instanceof TrainableTarget.Weights target ? model.trainable(target) : null;
        this.chain = new UnrolledChain(
                program,
                model,
                weights == null ? model.denoiser() : weights.denoiser(),
                parts.guidance().weight(),
                (DifferentiableRewardModel) parts.rewards().get(0).reward());
        this.network =
                session.compile(chain, chain.weights(), weights == null ? ParameterLayout.empty() : weights.layout());
    }

    /**
     * Compiles a chain. Its reward is differentiable.
     *
     * @param backend has vector-Jacobian products
     */
    public static StoredGraph open(ComputeBackend backend, ChainParts parts, SamplerProgram program) {
        BackendSession session = backend.open();
        try {
            return new StoredGraph(session, parts, program);
        } catch (RuntimeException | Error failure) {
            session.close();
            throw failure;
        }
    }

    /**
     * What came back.
     *
     * @param rewards one per row
     * @param gradient of the mean reward with respect to theta
     */
    public record Pulled(double[] rewards, double[] gradient) {}

    /** Samples a batch at theta, scores it, and pulls the mean reward back to theta. */
    public Pulled pull(Batch batch, double[] theta) {
        int rows = batch.rows();
        try (TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs = inputs(arena, batch, theta);
            Tensor parameters = weights == null ? null : arena.tensor(theta, theta.length);
            double[] share = new double[rows];
            Arrays.fill(share, 1.0 / rows);
            Set<String> wrt = parts.target() instanceof TrainableTarget.InitialNoise
                    ? Set.of(UnrolledChain.INITIAL)
                    : parts.target() instanceof TrainableTarget.Conditioning
                            ? Set.of(UnrolledChain.CONDITION)
                            : Set.of();
            VectorJacobian pulled = network.vjp(arena, parameters, inputs, arena.tensor(share, rows), wrt);
            return new Pulled(pulled.output().toDoubles(), gradient(pulled, batch, theta.length));
        }
    }

    private double[] gradient(VectorJacobian pulled, Batch batch, int size) {
        if (weights != null) {
            return Objects.requireNonNull(pulled.parameterGradient()).toDoubles();
        }
        if (parts.target() instanceof TrainableTarget.InitialNoise) {
            return Objects.requireNonNull(pulled.inputGradients().get(UnrolledChain.INITIAL))
                    .toDoubles();
        }
        double[] ofRows = Objects.requireNonNull(pulled.inputGradients().get(UnrolledChain.CONDITION))
                .toDoubles();
        double[] gradient = new double[size];
        int width = ofRows.length / batch.rows();
        for (int row = 0; row < batch.rows(); row++) {
            int slot = parts.prompts().indexOf(batch.prompts().get(row));
            for (int i = 0; i < width; i++) {
                gradient[slot * width + i] += ofRows[row * width + i];
            }
        }
        return gradient;
    }

    private Map<String, Tensor> inputs(TensorArena arena, Batch batch, double[] theta) {
        int rows = batch.rows();
        Map<String, Tensor> inputs = new HashMap<>();
        Map<String, double[]> ofReward =
                ((DifferentiableRewardModel) parts.rewards().get(0).reward()).inputs(batch.prompts());
        for (TensorSpec spec : chain.inputs()) {
            long[] shape = spec.shape();
            shape[0] = rows;
            double[] values = switch (spec.name()) {
                case UnrolledChain.ONE -> {
                    double[] ones = new double[rows];
                    Arrays.fill(ones, 1);
                    yield ones;
                }
                case UnrolledChain.INITIAL ->
                    parts.target() instanceof TrainableTarget.InitialNoise ? theta : initial(batch, spec.rowSize());
                case UnrolledChain.NOISE -> noise(batch, spec.rowSize() / chain.noisyCalls());
                case UnrolledChain.CONDITION ->
                    parts.target() instanceof TrainableTarget.Conditioning
                            ? ofSlots(batch, theta, spec.rowSize())
                            : encoded(batch.prompts());
                case UnrolledChain.UNCONDITIONAL ->
                    encoded(batch.prompts().stream().map(prompt -> "").toList());
                default ->
                    ofReward.entrySet().stream()
                            .filter(entry ->
                                    UnrolledChain.rewardInput(entry.getKey()).equals(spec.name()))
                            .findFirst()
                            .orElseThrow()
                            .getValue();
            };
            inputs.put(spec.name(), arena.tensor(values, shape));
        }
        return inputs;
    }

    private static double[] initial(Batch batch, int size) {
        double[] values = new double[batch.rows() * size];
        for (int row = 0; row < batch.rows(); row++) {
            System.arraycopy(batch.noise().initial(row, size), 0, values, row * size, size);
        }
        return values;
    }

    private double[] noise(Batch batch, int size) {
        NoiseSource source = batch.noise();
        double[] values = new double[batch.rows() * chain.noisyCalls() * size];
        int next = 0;
        for (int row = 0; row < batch.rows(); row++) {
            for (int k = 0; k < program.size(); k++) {
                if (program.stochastic(k)) {
                    System.arraycopy(source.step(row, k, size), 0, values, next, size);
                    next += size;
                }
            }
        }
        return values;
    }

    private double[] ofSlots(Batch batch, double[] theta, int width) {
        double[] values = new double[batch.rows() * width];
        for (int row = 0; row < batch.rows(); row++) {
            int slot = parts.prompts().indexOf(batch.prompts().get(row));
            System.arraycopy(theta, slot * width, values, row * width, width);
        }
        return values;
    }

    private double[] encoded(List<String> prompts) {
        List<double[]> conditions = prompts.stream()
                .map(prompt -> encoded.computeIfAbsent(prompt, this::encode))
                .toList();
        int width = conditions.get(0).length;
        double[] values = new double[prompts.size() * width];
        for (int row = 0; row < prompts.size(); row++) {
            System.arraycopy(conditions.get(row), 0, values, row * width, width);
        }
        return values;
    }

    private double[] encode(String prompt) {
        PromptEncoder encoder = parts.model().promptEncoder().orElseThrow();
        double[] ids = Arrays.stream(encoder.tokenize(prompt)).asDoubleStream().toArray();
        try (Network text = session.compile(encoder.graph(), encoder.weights(), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Tensor tokens = arena.tensor(ids, 1, ids.length);
            return text.forward(arena, null, Map.of(PromptEncoder.TOKENS, tokens))
                    .toDoubles();
        }
    }

    /** Gives memory that is not in use back to the operating system, where the backend can. */
    public void trim() {
        session.trim();
    }

    /** Frees the network and the session. Closing twice is harmless. */
    @Override
    public void close() {
        session.close();
    }
}
