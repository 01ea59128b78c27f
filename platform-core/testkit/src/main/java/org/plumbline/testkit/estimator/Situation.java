package org.plumbline.testkit.estimator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

/** Chains on which the contract holds an estimator: what is trained, with or without guidance, with or without memory. */
enum Situation {
    WEIGHTS(new TrainableTarget.Full(List.of()), 1, false),
    WEIGHTS_UNDER_GUIDANCE(new TrainableTarget.Full(List.of()), 1.7, false),
    WEIGHTS_WITH_A_SAMPLER_THAT_REMEMBERS(new TrainableTarget.Full(List.of()), 1, true),
    CONDITIONING(new TrainableTarget.Conditioning(), 1.7, false),
    INITIAL_NOISE(new TrainableTarget.InitialNoise(), 1, false);

    static final int CALLS = 5;

    private static final List<String> PROMPTS = List.of("a", "b");
    private static final NoiseSchedule SCHEDULE = DiscreteNoiseSchedule.ofBetas(
            BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);
    private static final DiffusionModel MODEL = ClosedFormModel.of(
            new ConditionedChain(), SCHEDULE, PROMPTS, new double[] {0.9, 0.3}, new double[] {-0.4, 0.8});
    static final QuadraticReward REWARD = QuadraticReward.around(1.2, -0.6);

    private final TrainableTarget target;
    private final double guidance;
    private final boolean remembers;

    Situation(TrainableTarget target, double guidance, boolean remembers) {
        this.target = target;
        this.guidance = guidance;
        this.remembers = remembers;
    }

    ChainParts parts(int rows) {
        return parts(rows, REWARD);
    }

    ChainParts parts(int rows, RewardModel reward) {
        return new ChainParts(MODEL, target, guidance, reward, PROMPTS, rows);
    }

    boolean guided() {
        return guidance != 1;
    }

    /** Samples per batch where an expectation is measured: batches do not average what belongs to one sample. */
    int rows(int usual) {
        return this == INITIAL_NOISE ? 4 : usual;
    }

    /** How many batches make up for it. */
    int replicas(int usual, int rows) {
        return Math.min(usual * rows / rows(rows), 5 * usual);
    }

    /** The prompts in turn. */
    static List<String> prompts(int rows) {
        List<String> prompts = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            prompts.add(PROMPTS.get(row % PROMPTS.size()));
        }
        return prompts;
    }

    SamplerProgram program() {
        return program(CALLS);
    }

    /** With so much noise that scores scatter little. */
    SamplerProgram program(int calls) {
        TanhChain chain = new TanhChain(2);
        return withNoise(remembers ? chain.programWithMemory(calls) : chain.program(calls), 0.6);
    }

    /** The same program with another noise, and none in its deterministic form. */
    static SamplerProgram withNoise(SamplerProgram program, double noise) {
        SamplerProgram silent = changed(program, "without noise", 0, 1);
        return noise == 0
                ? silent
                : changed(program, "with noise " + noise, noise, 1).withDeterministic(silent);
    }

    /** The same program with the network's output taken away where it was added. */
    static SamplerProgram denoising(SamplerProgram program) {
        return changed(program, "that denoises", program.calls().get(0).noise(), -1);
    }

    private static SamplerProgram changed(SamplerProgram program, String how, double noise, double sign) {
        List<SamplerCall> calls = new ArrayList<>();
        for (SamplerCall call : program.calls()) {
            calls.add(new SamplerCall(
                    call.at(),
                    call.inputScale(),
                    call.inputWeights(),
                    call.transition(),
                    Arrays.stream(call.ofOutput()).map(b -> sign * b).toArray(),
                    call.ofRaw(),
                    noise));
        }
        return new SamplerProgram(
                program.name() + " " + how,
                program.wanted(),
                program.transform(),
                program.registers(),
                program.initScale(),
                calls,
                program.output());
    }
}
