package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Guidance;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.PromptSchedule;
import org.plumbline.kernel.chain.RecordingPolicy;
import org.plumbline.kernel.chain.RewardTerm;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.PromptScale;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;

/**
 * The contract of prompts that change along the chain, on a backend in float64: every call sees the condition of its
 * range, in sampling and in the backward sweep, with guidance and without, on the study's grid and on others.
 */
public abstract class PromptScheduleContract {
    private static final double[] W = {0.7, -0.5, 0.4, 0.6};
    private static final double[] U = {0.5, -0.3, 0.2, 0.6};
    private static final double[] CENTRE = {1.2, -0.6};
    private static final List<String> PROMPTS = List.of("cat", "dog");
    private static final List<String> KNOWN =
            List.of("coarse cat", "coarse dog", "mid cat", "mid dog", "fine cat", "fine dog");
    private static final double[][] CONDITIONS = {
        {0.9, 0.3}, {-0.4, 0.8}, {0.2, -1.1}, {1.3, 0.1}, {-0.7, -0.2}, {0.4, 0.5}
    };

    private static final int CALLS = 6;
    private static final SamplerProgram PROGRAM = new TanhChain(2).program(CALLS);

    /** In order of execution: one call coarse, three mid, two fine. */
    private static final List<String> SCALES = List.of("coarse", "mid", "mid", "mid", "fine", "fine");

    /** For subclasses. */
    protected PromptScheduleContract() {}

    /** Where networks run; in float64. The contract closes it. */
    protected abstract ComputeBackend backend();

    private static PromptSchedule.Range range(String name, int from, int to) {
        return new PromptSchedule.Range(new PromptScale(name, from, to), prompt -> name + " " + prompt);
    }

    private static ChainParts parts(double guidance) {
        ClosedFormModel model = ClosedFormModel.of(new ConditionedChain(), SweepContract.SCHEDULE, KNOWN, CONDITIONS);
        return new ChainParts(
                model,
                new TrainableTarget.Full(List.of()),
                Guidance.of(guidance),
                List.of(new RewardTerm(QuadraticReward.around(CENTRE), 1)),
                PROMPTS,
                2,
                RecordingPolicy.FULL,
                PromptSchedule.of(List.of(range("fine", 1, 2), range("mid", 3, 5), range("coarse", 6, 6)), PROGRAM));
    }

    private static Batch batch() {
        return new Batch(PROMPTS, NoiseSource.keyed(17, "prompt-schedule-contract", 0));
    }

    /** (1 - g) tanh(W x) + g tanh(W x + U c), since the empty prompt's condition is zero. */
    private static double[] predicted(double guidance, double[] x, double[] c) {
        double[] m = new double[2];
        for (int i = 0; i < 2; i++) {
            double ofState = W[2 * i] * x[0] + W[2 * i + 1] * x[1];
            double ofPrompt = U[2 * i] * c[0] + U[2 * i + 1] * c[1];
            m[i] = (1 - guidance) * Math.tanh(ofState) + guidance * Math.tanh(ofState + ofPrompt);
        }
        return m;
    }

    private static double[] condition(String scale, String prompt) {
        return CONDITIONS[KNOWN.indexOf(scale + " " + prompt)];
    }

    @Test
    void every_call_sees_the_condition_of_its_range() {
        for (double guidance : new double[] {1, 2.5}) {
            on(guidance, PROGRAM, (bench, chain) -> {
                Trajectory sampled = chain.behaviour();
                for (int row = 0; row < 2; row++) {
                    double[] x = batch().noise().initial(row, 2);
                    for (int k = 0; k < CALLS; k++) {
                        double[] m = predicted(guidance, x, condition(SCALES.get(k), PROMPTS.get(row)));
                        double[] z = batch().noise().step(row, k, 2);
                        for (int i = 0; i < 2; i++) {
                            x[i] = 0.8 * x[i] + 0.7 * m[i] + 0.3 * z[i];
                        }
                        double[] found = sampled.state(k + 1).toDoubles();
                        assertArrayEquals(x, Arrays.copyOfRange(found, 2 * row, 2 * row + 2), 1e-13, "call " + k);
                    }
                }
            });
        }
    }

    @Test
    void the_sweep_sees_it_too() {
        for (double guidance : new double[] {1, 2.5}) {
            on(guidance, PROGRAM, (bench, chain) -> {
                double[] expected =
                        FiniteDifferences.gradient(new MeanReward(bench, PROGRAM, batch()), chain.parameters());
                double[] found =
                        chain.sweep(chain.behaviour(), SweepPlan.of(PROGRAM).fromReward(2));
                assertArrayEquals(expected, found, 1e-9, "guidance " + guidance);
            });
        }
    }

    /** The time labels of the study's calls are 5 to 0; borders lie at 4.5 and 1.5. */
    @Test
    void an_estimators_own_grid_sees_the_prompt_of_the_noise_it_is_at() {
        List<SamplerCall> calls = new ArrayList<>();
        List<String> scales = new ArrayList<>();
        for (double label : new double[] {5.5, 4.6, 4.4, 3.3, 1.6, 1.4, 0.2}) {
            calls.add(SamplerCall.single(new TimePoint(label, 1, 1), 0.8, 0.7, 0, 0.3));
            scales.add(label > 4.5 ? "coarse" : label > 1.5 ? "mid" : "fine");
        }
        SamplerProgram own = new SamplerProgram(
                "own grid", PredictionType.EPSILON, PROGRAM.transform(), 1, 1, calls, new double[] {1});
        on(1.7, own, (bench, chain) -> {
            Trajectory sampled = chain.behaviour();
            for (int k = 0; k < calls.size(); k++) {
                double[] x = sampled.state(k).toDoubles();
                double[] found = chain.denoiser()
                        .predict(chain.arena(), sampled.state(k), calls.get(k).at(), PredictionType.EPSILON)
                        .toDoubles();
                double[] reference = chain.reference()
                        .predict(chain.arena(), sampled.state(k), calls.get(k).at(), PredictionType.EPSILON)
                        .toDoubles();
                assertArrayEquals(found, reference, "the pre-trained model sees it as well");
                for (int row = 0; row < 2; row++) {
                    double[] expected = predicted(
                            1.7,
                            Arrays.copyOfRange(x, 2 * row, 2 * row + 2),
                            condition(scales.get(k), PROMPTS.get(row)));
                    assertArrayEquals(expected, Arrays.copyOfRange(found, 2 * row, 2 * row + 2), 1e-13, scales.get(k));
                }
            }
        });
    }

    @Test
    void the_profile_tells_the_ranges_and_the_prompts_stay_the_plain_ones() {
        on(1, PROGRAM, (bench, chain) -> {
            assertEquals(
                    List.of(
                            new PromptScale("coarse", 6, 6),
                            new PromptScale("mid", 3, 5),
                            new PromptScale("fine", 1, 2)),
                    chain.profile().scales());
            assertEquals(PROMPTS, chain.prompts());
        });
    }

    @Test
    void other_wordings_are_other_samples() {
        double[][] outputs = new double[2][];
        on(1, PROGRAM, (bench, chain) -> outputs[0] = chain.behaviour().output().toDoubles());
        PromptSchedule coarse = PromptSchedule.of(List.of(range("coarse", 1, CALLS)), PROGRAM);
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, parts(1).with(coarse));
                Rollout rollout = bench.rollout(PROGRAM, batch(), bench.initialParameters(0));
                SamplingChain chain = bench.chain(rollout, bench.initialParameters(0), 0, 0)) {
            outputs[1] = chain.behaviour().output().toDoubles();
        }
        assertFalse(Arrays.equals(outputs[0], outputs[1]));
    }

    @FunctionalInterface
    private interface Body {
        void run(Workbench bench, SamplingChain chain);
    }

    private void on(double guidance, SamplerProgram program, Body body) {
        try (ComputeBackend backend = backend();
                Workbench bench = Workbench.open(backend, parts(guidance))) {
            double[] theta = bench.initialParameters(0);
            try (Rollout rollout = bench.rollout(program, batch(), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 0, 0)) {
                body.run(bench, chain);
            }
        }
    }
}
