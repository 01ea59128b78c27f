package org.plumbline.kernel.chain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.estimator.Judgement;
import org.plumbline.spi.estimator.Perturbation;
import org.plumbline.spi.estimator.StepScore;
import org.plumbline.spi.estimator.StepShift;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.statistics.Vectors;

/** The chain of one update on a {@link Workbench}. Close it after the update. */
public final class SamplingChain implements Chain, AutoCloseable {
    private final Workbench workbench;
    private final Rollout rollout;
    private final double[] parameters;
    private final long seed;
    private final long update;
    private final TensorArena arena;
    private final GuidedDenoiser denoiser;
    private @Nullable Denoiser reference;
    private final Map<Recording, Tensor> rewardGradients = new HashMap<>();

    SamplingChain(Workbench workbench, Rollout rollout, double[] parameters, long seed, long update) {
        this.workbench = workbench;
        this.rollout = rollout;
        this.parameters = parameters.clone();
        this.seed = seed;
        this.update = update;
        this.arena = rollout.arena().nested();
        this.denoiser = workbench.denoiser(rollout, parameters, arena);
    }

    @Override
    public SamplerProgram program() {
        return rollout.program();
    }

    @Override
    public NoiseSchedule schedule() {
        return workbench.parts().model().schedule();
    }

    @Override
    public int rows() {
        return rollout.batch().rows();
    }

    @Override
    public List<String> prompts() {
        return rollout.batch().prompts();
    }

    @Override
    public ChainProfile profile() {
        return workbench.profile(program());
    }

    @Override
    public int parameterCount() {
        return parameters.length;
    }

    @Override
    public double[] parameters() {
        return parameters.clone();
    }

    @Override
    public long update() {
        return update;
    }

    @Override
    public RandomGenerator random(String purpose) {
        return NoiseStream.of(seed, "estimator." + purpose, update);
    }

    @Override
    public Trajectory behaviour() {
        return sampled();
    }

    private Recording sampled() {
        Recording known = rollout.recording();
        if (known == null) {
            known = workbench.sample(rollout);
            rollout.recording(known);
        }
        return known;
    }

    @Override
    public Trajectory beginning(int calls) {
        Recording known = rollout.recording();
        if (known != null) {
            return known;
        }
        @Nullable Tensor[] start = start(rollout.parameters(), rollout);
        try (TensorArena whileSampling = arena.nested()) {
            Denoiser sampling = workbench.denoiser(rollout, rollout.parameters(), whileSampling);
            KeptRecording recording = kept(0, start, true);
            forward(recording).run(arena, start, 0, calls, k -> sampling, recording);
            return recording;
        }
    }

    @Override
    public Trajectory branch(int k, Tensor state) {
        @Nullable Tensor[] start = sampled().registers(arena, k).clone();
        start[0] = arena.combine(new double[] {1}, List.of(state));
        KeptRecording recording = kept(k, start, true);
        @Nullable
        Tensor[] end = forward(recording).run(arena, start, k, program().size(), call -> denoiser, recording);
        recording.output(forward(recording).output(arena, end));
        ForwardPass.free(end, true);
        return recording;
    }

    @Override
    public Trajectory perturbed(Perturbation perturbation) {
        double[] moved = moved(perturbation);
        BitSet calls = perturbation.calls();
        try (TensorArena whileSampling = arena.nested()) {
            Denoiser there = workbench.denoiser(rollout, moved, whileSampling);
            // Initial noise, where it is what is trained, is used before call 0 and moves with it.
            return ends(start(calls.get(0) ? moved : parameters, rollout), k -> calls.get(k) ? there : denoiser);
        }
    }

    @Override
    public Trajectory perturbed(List<Perturbation> rows) {
        if (rows.size() != rows()) {
            throw new IllegalArgumentException(rows.size() + " perturbations for " + rows() + " rows");
        }
        if (workbench.parts().target() instanceof TrainableTarget.InitialNoise) {
            double[] moved = parameters.clone();
            int size = moved.length / rows();
            for (int row = 0; row < rows(); row++) {
                if (rows.get(row).calls().get(0)) {
                    System.arraycopy(moved(rows.get(row)), row * size, moved, row * size, size);
                }
            }
            return ends(start(moved, rollout), k -> denoiser);
        }
        List<Tensor> outputs = new ArrayList<>();
        for (int row = 0; row < rows.size(); row++) {
            // All rows together make one rollout's evaluations.
            workbench.ledger().countsEvaluations(row == 0);
            try (Rollout alone = workbench.rollout(program(), rollout.batch().row(row), parameters);
                    SamplingChain chain = workbench.chain(alone, parameters, seed, update)) {
                Tensor output = chain.perturbed(rows.get(row)).output();
                outputs.add(arena.tensor(output.toDoubles(), output.shape()));
            } finally {
                workbench.ledger().countsEvaluations(true);
            }
        }
        KeptRecording together = kept(0, start(parameters, rollout), false);
        together.output(arena.concatRows(outputs));
        return together;
    }

    /** Samples at the chain's parameters, and keeps the ends only. */
    Trajectory sampled(IntConsumer beforeCall) {
        return ends(start(parameters, rollout), k -> {
            beforeCall.accept(k);
            return denoiser;
        });
    }

    private double[] moved(Perturbation perturbation) {
        double[] moved = parameters.clone();
        Vectors.addTo(moved, perturbation.scale(), perturbation.direction());
        return moved;
    }

    /** A rollout of which only the ends are kept. */
    private Recording ends(@Nullable Tensor[] start, IntFunction<Denoiser> denoiserOf) {
        KeptRecording recording = kept(0, start, false);
        ForwardPass pass = forward(recording);
        @Nullable Tensor[] end = pass.run(arena, start, 0, program().size(), denoiserOf, null);
        recording.output(pass.output(arena, end));
        ForwardPass.free(end, false);
        return recording;
    }

    private @Nullable Tensor[] start(double[] theta, Rollout of) {
        @Nullable Tensor[] registers = new @Nullable Tensor[program().registers()];
        registers[0] = workbench.initialState(arena, of, theta);
        return registers;
    }

    private KeptRecording kept(int first, @Nullable Tensor[] start, boolean whole) {
        return new KeptRecording(arena, rollout.batch().noise(), program(), first, start, whole);
    }

    private ForwardPass forward(Recording recording) {
        return new ForwardPass(program(), recording::noise);
    }

    @Override
    public double[] rewards(Trajectory trajectory) {
        Recording recording = (Recording) trajectory;
        double[] known = recording.rewards();
        if (known == null) {
            known = workbench.rewards(arena, recording.output(), prompts());
            recording.rewards(known);
        }
        return known.clone();
    }

    @Override
    public Tensor rewardGradient(Trajectory trajectory) {
        return rewardGradients.computeIfAbsent((Recording) trajectory, recording -> {
            RewardHead.Scored scored = workbench.rewardsWithGradient(arena, recording.output(), prompts());
            recording.rewards(scored.rewards());
            return scored.gradient();
        });
    }

    @Override
    public double[] rewards(Tensor latents, List<String> prompts) {
        return workbench.rewards(arena, latents, prompts);
    }

    @Override
    public Judgement judge(Tensor latents, List<String> prompts) {
        RewardHead.Scored scored = workbench.rewardsWithGradient(arena, latents, prompts);
        return new Judgement(scored.rewards(), scored.gradient());
    }

    @Override
    public double[] sweep(Trajectory trajectory, SweepPlan plan) {
        Recording recording = (Recording) trajectory;
        if (!recording.whole()) {
            throw new IllegalArgumentException("a perturbed trajectory keeps only its end and cannot be swept");
        }
        try (TensorArena scratch = arena.nested()) {
            Tensor rewardGradient = plan.rewardWeights() == null ? null : rewardGradient(trajectory);
            double[] gradient = new BackwardSweep(
                            program(), workbench.parts().model().prediction(), denoiser, rows())
                    .run(scratch, recording, plan, rewardGradient);
            for (double component : gradient) {
                if (!Double.isFinite(component)) {
                    throw PlumblineException.of(StandardError.NOT_FINITE)
                            .asked("the gradient of update " + update + " has a component " + component)
                            .remedy("lower the learning rate or the guidance; the parameters were not touched")
                            .build();
                }
            }
            return gradient;
        }
    }

    @Override
    public StepScore score(Trajectory behaviour, int k) {
        SamplerCall call = program().calls().get(k);
        if (!call.stochastic()) {
            throw new IllegalArgumentException("call " + k + " of " + program().name() + " has no noise");
        }
        Recording recording = (Recording) behaviour;
        if (onPolicy()) {
            return new StepScore(recording.noise(arena, k), new double[rows()]);
        }
        try (TensorArena scratch = arena.nested()) {
            Tensor h = denoiser.predict(
                    scratch, recording.input(scratch, k), call.at(), program().wanted());
            // (mu_behaviour - mu) / s
            Tensor shift = meanDifference(scratch, call, recording.prediction(scratch, k), h);
            Tensor z = recording.noise(scratch, k);
            Tensor residual = arena.combine(new double[] {1, 1}, List.of(z, shift));
            double[] cross = scratch.dotRows(z, shift);
            double[] square = scratch.dotRows(shift, shift);
            double[] logRatio = new double[rows()];
            for (int i = 0; i < logRatio.length; i++) {
                logRatio[i] = -cross[i] - square[i] / 2;
            }
            return new StepScore(residual, logRatio);
        }
    }

    @Override
    public StepShift shift(Trajectory behaviour, int k) {
        SamplerCall call = program().calls().get(k);
        if (!call.stochastic()) {
            throw new IllegalArgumentException("call " + k + " of " + program().name() + " has no noise");
        }
        if (!program().markov()) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("the divergence from the pre-trained model with "
                            + program().name() + ", whose steps remember earlier outputs")
                    .remedy("use a sampler with one register such as ddim")
                    .build();
        }
        Recording recording = (Recording) behaviour;
        try (TensorArena scratch = arena.nested()) {
            Tensor u = recording.input(scratch, k);
            Tensor h = onPolicy()
                    ? recording.prediction(scratch, k)
                    : denoiser.predict(scratch, u, call.at(), program().wanted());
            Tensor pretrained =
                    reference().predict(scratch, u, call.at(), program().wanted());
            Tensor shift = arena.adopt(meanDifference(scratch, call, h, pretrained));
            double[] divergence = scratch.dotRows(shift, shift);
            for (int i = 0; i < divergence.length; i++) {
                divergence[i] /= 2;
            }
            return new StepShift(shift, divergence);
        }
    }

    /** (mu of the first prediction - mu of the second) / s. */
    private Tensor meanDifference(TensorArena into, SamplerCall call, Tensor h, Tensor other) {
        double ofM = call.ofOutput()[0] / call.noise();
        double ofH = call.ofRaw()[0] / call.noise();
        if (program().transform().identity()) {
            return into.combine(new double[] {ofM + ofH, -ofM - ofH}, List.of(h, other));
        }
        Tensor m = RegisterMachine.transformed(into, program().transform(), h);
        Tensor otherM = RegisterMachine.transformed(into, program().transform(), other);
        return into.combine(new double[] {ofM, -ofM, ofH, -ofH}, List.of(m, otherM, h, other));
    }

    /** True if the behaviour was sampled with the chain's own parameters. */
    private boolean onPolicy() {
        return Arrays.equals(parameters, rollout.parameters());
    }

    @Override
    public Denoiser reference() {
        Denoiser known = reference;
        if (known == null) {
            known = workbench.parts().target() instanceof TrainableTarget.InitialNoise
                    ? denoiser
                    : workbench.denoiser(rollout, workbench.pretrained(), arena);
            reference = known;
        }
        return known;
    }

    @Override
    public Denoiser denoiser() {
        return denoiser;
    }

    /** The denoiser at the chain's parameters and prompts without guidance, as it was pre-trained. */
    public Denoiser unguided() {
        return workbench.denoiser(rollout, parameters, arena, Guidance.of(1));
    }

    /** Asks the chain to keep apart what each time of the network gives to a gradient; before anything is collected. */
    public StepContributions keepContributions() {
        return denoiser.keepContributions();
    }

    @Override
    public TensorArena arena() {
        return arena;
    }

    @Override
    public void close() {
        arena.close();
    }
}
