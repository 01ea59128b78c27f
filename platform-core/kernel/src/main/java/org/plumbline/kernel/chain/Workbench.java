package org.plumbline.kernel.chain;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * A chain compiled on one backend session. Confined to one thread; the opener closes it. It can be made again from its
 * parts on any backend at any time, since it holds nothing of the state of a run.
 */
public final class Workbench implements AutoCloseable {
    private final ChainParts parts;
    private final ComputeBackend backend;
    private final BackendSession session;
    private final TensorArena arena;
    private final Ledger ledger = new Ledger();
    private final @Nullable TrainableWeights weights;
    private final Network denoiser;
    private final Decoding decoding;
    private final Map<RewardModel, RewardHead> rewards = new HashMap<>();
    private final @Nullable EncodedPrompts prompts;

    private Workbench(ComputeBackend backend, BackendSession session, ChainParts parts) {
        this.parts = parts;
        this.backend = backend;
        this.session = session;
        this.arena = session.arena();
        DiffusionModel model = parts.model();
        this.weights = parts.target() instanceof TrainableTarget.Weights target ? model.trainable(target) : null;
        GraphDefinition graph = weights == null ? model.denoiser() : weights.denoiser();
        ParameterLayout layout = weights == null ? ParameterLayout.empty() : weights.layout();
        this.denoiser = session.compile(graph, model.denoiserWeights(), layout);
        this.decoding = new Decoding(session, model.imageDecoder());
        this.prompts = encoded(parts, graph, session);
    }

    /** The prompts of the chain, or null if its model or its denoiser takes none. */
    private static @Nullable EncodedPrompts encoded(
            ChainParts parts, GraphDefinition denoiser, BackendSession session) {
        PromptEncoder encoder = parts.model().promptEncoder().orElse(null);
        boolean conditional =
                denoiser.inputs().stream().anyMatch(input -> input.name().equals(DenoiserInput.CONDITION.key()));
        if (encoder == null || !conditional) {
            return null;
        }
        List<String> known = new ArrayList<>(parts.prompts());
        known.add(parts.guidance().negativePrompt());
        EncodedPrompts prompts = new EncodedPrompts(session, encoder);
        prompts.encode(known);
        return prompts;
    }

    /** Opens a session and compiles the chain on it. */
    public static Workbench open(ComputeBackend backend, ChainParts parts) {
        BackendSession session = backend.open();
        try {
            return new Workbench(backend, session, parts);
        } catch (RuntimeException | Error failure) {
            session.close();
            throw failure;
        }
    }

    /** What the chain is made of. */
    public ChainParts parts() {
        return parts;
    }

    /** What its backend can do. */
    Set<Capability> capabilities() {
        return backend.capabilities();
    }

    /** The work done on this workbench. */
    public Ledger ledger() {
        return ledger;
    }

    /** The trained weights, if weights are what is trained. */
    public @Nullable TrainableWeights weights() {
        return weights;
    }

    /** The length of the trained vector theta. */
    public int parameterCount() {
        if (parts.target() instanceof TrainableTarget.InitialNoise) {
            return Math.multiplyExact(parts.rows(), latentSize());
        }
        if (weights != null) {
            return weights.layout().size();
        }
        return parts.prompts().size() * conditional().size();
    }

    /** Theta at the start of a run. */
    public double[] initialParameters(long seed) {
        if (weights != null) {
            return weights.initial(seed);
        }
        double[] theta = new double[parameterCount()];
        if (parts.target() instanceof TrainableTarget.InitialNoise) {
            NoiseStream.of(seed, "target.initial-noise", 0).gaussians(theta, 0, theta.length);
            return theta;
        }
        for (int i = 0; i < parts.prompts().size(); i++) {
            double[] condition = conditional().condition(parts.prompts().get(i));
            System.arraycopy(condition, 0, theta, i * condition.length, condition.length);
        }
        return theta;
    }

    /** What an estimator may know of this chain in advance. */
    public ChainProfile profile(SamplerProgram program) {
        return new ChainProfile(
                program,
                parts.model().schedule(),
                parts.differentiable(),
                parts.whyNotDifferentiable(),
                backend.capabilities(),
                parts.target(),
                parameterCount(),
                parts.rows(),
                latentSize(),
                layout(),
                parts.schedule().scales());
    }

    private ParameterLayout layout() {
        if (weights != null) {
            return weights.layout();
        }
        ParameterLayout.Builder layout = ParameterLayout.builder();
        if (parts.target() instanceof TrainableTarget.InitialNoise) {
            for (int row = 0; row < parts.rows(); row++) {
                layout.add("initial noise " + row, parts.model().latentShape());
            }
            return layout.build();
        }
        for (String prompt : parts.prompts()) {
            layout.add("prompt '" + prompt + "'", conditional().shape());
        }
        return layout.build();
    }

    /** Prepares samples for one or several updates. The caller closes it. */
    public Rollout rollout(SamplerProgram program, Batch batch, double[] parameters) {
        TensorArena owner = arena.nested();
        return new Rollout(
                program, batch, parameters, owner, parametrisation(owner, program, batch, parameters.length));
    }

    /**
     * The chain of one update. The caller closes it before the rollout.
     *
     * @param parameters theta at which the gradient is wanted
     * @param seed of the run, for the estimator's own random decisions
     * @param update number of the update
     */
    public SamplingChain chain(Rollout rollout, double[] parameters, long seed, long update) {
        return new SamplingChain(this, rollout, parameters, seed, update);
    }

    /** Samples images, without limits on their values. */
    public ImageBatch images(SamplerProgram program, Batch batch, double[] parameters) {
        return images(program, batch, parameters, k -> {});
    }

    /**
     * Samples images, without limits on their values.
     *
     * @param beforeCall hears the number of every call before it is made; what it throws ends the sampling
     */
    public ImageBatch images(SamplerProgram program, Batch batch, double[] parameters, IntConsumer beforeCall) {
        try (Rollout rollout = rollout(program, batch, parameters);
                SamplingChain chain = chain(rollout, parameters, 0, 0)) {
            Tensor latents = chain.sampled(beforeCall).output();
            Tensor images = decoding.images(chain.arena(), latents);
            return RewardHead.batch(images, parts.model().imageDecoder().imageShape());
        }
    }

    /** Scores images of the model by any reward. */
    public double[] score(RewardModel reward, ImageBatch images, List<String> prompts) {
        try (TensorArena scratch = arena.nested()) {
            long[] image = parts.model().imageDecoder().imageShape();
            Tensor pixels = scratch.tensor(images.pixels(), rows(images.rows(), image));
            return head(reward).score(scratch, pixels, prompts);
        }
    }

    double[] rewards(TensorArena into, Tensor latents, List<String> prompts) {
        try (TensorArena scratch = into.nested()) {
            Tensor images = decoding.images(scratch, latents);
            double[] total = new double[latents.rows()];
            for (RewardTerm term : parts.rewards()) {
                Vectors.addTo(total, term.weight(), head(term.reward()).score(scratch, images, prompts));
            }
            return total;
        }
    }

    /** Rewards with their gradients with respect to the latents. */
    RewardHead.Scored rewardsWithGradient(TensorArena into, Tensor latents, List<String> prompts) {
        try (TensorArena scratch = into.nested()) {
            Tensor images = decoding.images(scratch, latents);
            double[] total = new double[latents.rows()];
            Tensor ofImages = null;
            for (RewardTerm term : parts.rewards()) {
                RewardHead.Scored scored = head(term.reward()).scoreWithGradient(scratch, images, prompts);
                Vectors.addTo(total, term.weight(), scored.rewards());
                ofImages = ofImages == null
                        ? scratch.combine(new double[] {term.weight()}, List.of(scored.gradient()))
                        : scratch.combine(new double[] {1, term.weight()}, List.of(ofImages, scored.gradient()));
            }
            Tensor gradient = decoding.pullBack(scratch, latents, Objects.requireNonNull(ofImages));
            return new RewardHead.Scored(total, into.adopt(gradient));
        }
    }

    /** The shape of so many rows of a shape. */
    static long[] rows(int rows, long[] one) {
        long[] shape = new long[one.length + 1];
        shape[0] = rows;
        System.arraycopy(one, 0, shape, 1, one.length);
        return shape;
    }

    /** Samples the behaviour of a rollout and keeps what the recording policy says. */
    Recording sample(Rollout rollout) {
        TensorArena owner = rollout.arena();
        SamplerProgram program = rollout.program();
        Denoiser sampling = denoiser(rollout, rollout.parameters(), owner);
        NoiseSource noise = rollout.batch().noise();
        @Nullable Tensor[] start = new @Nullable Tensor[program.registers()];
        start[0] = initialState(owner, rollout, rollout.parameters());
        KeptRecording kept = new KeptRecording(owner, noise, program, 0, start, true);
        ForwardPass pass = new ForwardPass(program, kept::noise);
        Replay replay =
                (into, registers, from, to, keeper) -> pass.run(into, registers, from, to, k -> sampling, keeper);
        return switch (parts.recording().kind()) {
            case FULL -> {
                @Nullable Tensor[] end = replay.run(owner, start, 0, program.size(), kept);
                kept.output(pass.output(owner, end));
                ForwardPass.free(end, true);
                yield kept;
            }
            case SQRT -> {
                SegmentRecording recording = new SegmentRecording(owner, noise, program, start, replay);
                @Nullable Tensor[] end = recording.sample();
                recording.output(pass.output(owner, end));
                ForwardPass.free(end, false);
                yield recording;
            }
            case BINOMIAL -> {
                BinomialRecording recording = new BinomialRecording(
                        owner, noise, program, start, replay, parts.recording().snapshots());
                @Nullable Tensor[] end = recording.sample();
                recording.output(pass.output(owner, end));
                ForwardPass.free(end, false);
                yield recording;
            }
        };
    }

    /** Theta at which the chain is the pre-trained model. */
    double[] pretrained() {
        return initialParameters(0);
    }

    /** The denoiser at theta for a rollout's prompts. */
    GuidedDenoiser denoiser(Rollout rollout, double[] theta, TensorArena into) {
        return denoiser(rollout, theta, into, parts.guidance());
    }

    /** The denoiser at theta for a rollout's prompts with other guidance. */
    GuidedDenoiser denoiser(Rollout rollout, double[] theta, TensorArena into, Guidance guidance) {
        Batch batch = rollout.batch();
        Tensor unconditional = null;
        if (prompts != null && guidance.active()) {
            unconditional = prompts.conditions(into, Collections.nCopies(batch.rows(), guidance.negativePrompt()));
        }
        return new GuidedDenoiser(
                denoiser,
                parts.model().prediction(),
                guidance,
                rollout.parametrisation().bind(theta, into),
                parts.schedule(),
                unconditional,
                rollout.parametrisation(),
                into,
                ledger);
    }

    /** initScale times the initial noise of a batch. */
    Tensor initialState(TensorArena into, Rollout rollout, double[] theta) {
        int rows = rollout.batch().rows();
        int size = latentSize();
        double[] noise = rollout.parametrisation().initialNoise(theta);
        if (noise == null) {
            noise = new double[rows * size];
            for (int row = 0; row < rows; row++) {
                System.arraycopy(rollout.batch().noise().initial(row, size), 0, noise, row * size, size);
            }
        }
        double scale = rollout.program().initScale();
        double[] state = new double[noise.length];
        for (int i = 0; i < state.length; i++) {
            state[i] = scale * noise[i];
        }
        return into.tensor(state, rows(rows, parts.model().latentShape()));
    }

    private Parametrisation parametrisation(TensorArena owner, SamplerProgram program, Batch batch, int size) {
        if (parts.target() instanceof TrainableTarget.Conditioning) {
            int[] slots = batch.prompts().stream().mapToInt(this::slot).toArray();
            return Parametrisation.conditioning(
                    slots, conditional().shape(), parts.prompts().size());
        }
        List<Tensor> condition = new ArrayList<>();
        for (int i = 0; prompts != null && i < parts.schedule().count(); i++) {
            condition.add(prompts.conditions(owner, parts.schedule().prompts(i, batch.prompts())));
        }
        if (weights != null) {
            return Parametrisation.weights(condition, weights.layout().size(), owner);
        }
        if (size != batch.rows() * latentSize()) {
            throw new IllegalArgumentException("the initial noise of " + size / latentSize()
                    + " samples cannot be used for a batch of " + batch.rows());
        }
        return Parametrisation.initialNoise(condition, size, program.initScale());
    }

    private int slot(String prompt) {
        int slot = parts.prompts().indexOf(prompt);
        if (slot < 0) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("prompt '" + prompt + "' has no trained condition")
                    .available(String.join(", ", parts.prompts()))
                    .remedy("a run that trains the conditioning can only sample the prompts it trains")
                    .build();
        }
        return slot;
    }

    private RewardHead head(RewardModel reward) {
        return rewards.computeIfAbsent(
                reward,
                model -> new RewardHead(
                        session, model, parts.model().imageDecoder().imageShape(), ledger));
    }

    private EncodedPrompts conditional() {
        return Objects.requireNonNull(prompts, "the model takes no condition");
    }

    private int latentSize() {
        long size = 1;
        for (long length : parts.model().latentShape()) {
            size *= length;
        }
        return Math.toIntExact(size);
    }

    /** Gives memory that is not in use back to the operating system, where the backend can. */
    public void trim() {
        session.trim();
    }

    /** Frees the networks and the session. Closing twice is harmless. */
    @Override
    public void close() {
        session.close();
    }
}
