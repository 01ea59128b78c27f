package org.plumbline.kernel.chain;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.estimator.Perturbation;
import org.plumbline.spi.estimator.StepScore;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
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
        Recording known = rollout.recording();
        if (known == null) {
            TensorArena owner = rollout.arena();
            Denoiser sampling = workbench.denoiser(rollout, rollout.parameters(), owner);
            known = sample(owner, rollout.parameters(), k -> sampling, true);
            rollout.recording(known);
        }
        return known;
    }

    @Override
    public Trajectory perturbed(Perturbation perturbation) {
        double[] moved = parameters.clone();
        Vectors.addTo(moved, perturbation.scale(), perturbation.direction());
        BitSet calls = perturbation.calls();
        try (TensorArena whileSampling = arena.nested()) {
            Denoiser there = workbench.denoiser(rollout, moved, whileSampling);
            // Initial noise, where it is what is trained, is used before call 0 and moves with it.
            return sample(arena, calls.get(0) ? moved : parameters, k -> calls.get(k) ? there : denoiser, false);
        }
    }

    private Recording sample(TensorArena owner, double[] theta, IntFunction<Denoiser> denoiserOfCall, boolean whole) {
        SamplerProgram program = rollout.program();
        Recording recording = new Recording(owner, rollout.batch().noise(), program.size(), whole);
        @Nullable Tensor[] registers = new @Nullable Tensor[program.registers()];
        Tensor start = workbench.initialState(owner, rollout, theta);
        registers[0] = start;
        recording.state(0, start);
        for (int k = 0; k < program.size(); k++) {
            SamplerCall call = program.calls().get(k);
            try (TensorArena step = owner.nested()) {
                Tensor u = RegisterMachine.input(step, registers, call);
                Tensor h = denoiserOfCall.apply(k).predict(step, u, call.at(), program.wanted());
                Tensor m = RegisterMachine.transformed(step, program.transform(), h);
                Tensor z = call.stochastic() ? recording.noise(step, k) : null;
                @Nullable Tensor[] next = RegisterMachine.advance(step, registers, call, m, h, z);
                if (whole) {
                    recording.call(k, u == registers[0] ? u : owner.adopt(u), owner.adopt(h));
                }
                for (int i = 0; i < registers.length; i++) {
                    Tensor old = registers[i];
                    boolean kept = i == 0 && (whole || k == 0);
                    if (old != null && !kept) {
                        old.close();
                    }
                    Tensor value = next[i];
                    registers[i] = value == null ? null : owner.adopt(value);
                }
            }
            Tensor state = registers[0];
            if (whole && state != null) {
                recording.state(k + 1, state);
            }
        }
        RegisterMachine.Sum output = new RegisterMachine.Sum();
        for (int i = 0; i < registers.length; i++) {
            output.add(program.output()[i], registers[i]);
        }
        recording.output(Objects.requireNonNull(output.evaluate(owner), "the program's output is zero"));
        for (int i = whole ? 1 : 0; i < registers.length; i++) {
            Tensor last = registers[i];
            if (last != null) {
                last.close();
            }
        }
        return recording;
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
        if (Arrays.equals(parameters, rollout.parameters())) {
            return new StepScore(recording.noise(arena, k), new double[rows()]);
        }
        try (TensorArena scratch = arena.nested()) {
            Tensor oldH = recording.prediction(k);
            Tensor h = denoiser.predict(
                    scratch, recording.input(k), call.at(), program().wanted());
            Tensor oldM = RegisterMachine.transformed(scratch, program().transform(), oldH);
            Tensor m = RegisterMachine.transformed(scratch, program().transform(), h);
            double ofM = call.ofOutput()[0] / call.noise();
            double ofH = call.ofRaw()[0] / call.noise();
            // (mu_behaviour - mu) / s
            Tensor shift = scratch.combine(new double[] {ofM, -ofM, ofH, -ofH}, List.of(oldM, m, oldH, h));
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
    public Denoiser denoiser() {
        return denoiser;
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
