package org.plumbline.spi.estimator;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * Where the adjoints of a backward sweep come from and where they go. Immutable: every method returns a changed copy.
 *
 * <p>The sweep goes from the last call to the first. It starts with adjoint zero, or with the
 * {@linkplain #fromReward reward gradient}. Before call k is swept, a {@linkplain #cut cut} replaces the adjoint of the
 * state after it by weight * noise / s: the score of the observed state. The adjoint then passes call k, and what
 * reaches the parameters there is collected, unless the plan says otherwise. Calls that no adjoint reaches cost nothing.
 */
public final class SweepPlan {
    /** What happens at one call. */
    private record Step(
            double @Nullable [] cutWeights,
            @Nullable Tensor residual,
            @Nullable Tensor arriving,
            boolean stop,
            double collect,
            double input) {
        static final Step PLAIN = new Step(null, null, null, false, 1, 1);
    }

    private final SamplerProgram program;
    private final Step[] steps;
    private final double @Nullable [] rewardWeights;

    private SweepPlan(SamplerProgram program, Step[] steps, double @Nullable [] rewardWeights) {
        this.program = program;
        this.steps = steps;
        this.rewardWeights = rewardWeights;
    }

    /** A plan for this program that starts from nothing, cuts nowhere, passes and collects everywhere. */
    public static SweepPlan of(SamplerProgram program) {
        Step[] steps = new Step[program.size()];
        Arrays.fill(steps, Step.PLAIN);
        return new SweepPlan(program, steps, null);
    }

    /** Starts from the reward's gradient with respect to the output, weight 1 for every row. */
    public SweepPlan fromReward(int rows) {
        double[] ones = new double[rows];
        Arrays.fill(ones, 1);
        return fromReward(ones);
    }

    /** Starts from the reward's gradient with respect to the output, row i times {@code weights[i]}. */
    public SweepPlan fromReward(double[] weights) {
        return new SweepPlan(program, steps, weights.clone());
    }

    /**
     * Adds a cotangent that arrives at the state before call k, such as the gradient of a reward of that state. A cut of
     * the same state replaces it.
     *
     * @param k 1 to K; K is the state after the last call
     * @param cotangent of y_1, B rows, not yet divided by B
     */
    public SweepPlan fromState(int k, Tensor cotangent) {
        Step step = steps[k - 1];
        return with(k - 1, new Step(step.cutWeights, step.residual, cotangent, step.stop, step.collect, step.input));
    }

    /**
     * Cuts after call k: the state it produces counts as observed, and its adjoint becomes weights[i] * z / s for row i,
     * with z the noise of the step. Other registers keep theirs.
     *
     * @throws IllegalArgumentException if no noise enters at call k
     */
    public SweepPlan cut(int k, double[] weights) {
        return cut(k, weights, null);
    }

    /** Like {@link #cut(int, double[])}, with a residual of {@link Chain#score} in the place of the noise. */
    public SweepPlan cut(int k, double[] weights, @Nullable Tensor residual) {
        if (!program.stochastic(k)) {
            throw new IllegalArgumentException("call " + k + " of " + program.name() + " has no noise to cut at");
        }
        Step step = steps[k];
        return with(k, new Step(weights.clone(), residual, step.arriving, step.stop, step.collect, step.input));
    }

    /** Ends the sweep before call k: no adjoint passes it, unless a {@link #cut} at a call before it starts anew. */
    public SweepPlan stopBefore(int k) {
        Step step = steps[k];
        return with(k, new Step(step.cutWeights, step.residual, step.arriving, true, step.collect, step.input));
    }

    /** Passes call k without collecting parameter gradients there. */
    public SweepPlan withoutParameters(int k) {
        return withParameters(k, 0);
    }

    /**
     * Collects {@code factor} times the parameter gradients at call k: the inverse probability of a call that is visited
     * by chance.
     */
    public SweepPlan withParameters(int k, double factor) {
        Step step = steps[k];
        return with(k, new Step(step.cutWeights, step.residual, step.arriving, step.stop, factor, step.input));
    }

    /** Treats the network's input at call k as constant: the adjoint passes by the linear path only. */
    public SweepPlan withoutInput(int k) {
        return withInput(k, 0);
    }

    /**
     * Passes a part of the adjoint through the network's input at call k, as if the network had seen
     * {@code factor * u + (1 - factor) * stop-gradient(u)}; the linear path passes it whole.
     *
     * @param factor 1 for all of it, 0 for none
     */
    public SweepPlan withInput(int k, double factor) {
        Step step = steps[k];
        return with(k, new Step(step.cutWeights, step.residual, step.arriving, step.stop, step.collect, factor));
    }

    /** The program this plan is for. */
    public SamplerProgram program() {
        return program;
    }

    /** Weights of the reward gradient at the output, or null if the sweep starts from nothing. */
    public double @Nullable [] rewardWeights() {
        return rewardWeights == null ? null : rewardWeights.clone();
    }

    /** Weights of the cut after call k, or null if there is none. */
    public double @Nullable [] cutWeights(int k) {
        double[] weights = steps[k].cutWeights;
        return weights == null ? null : weights.clone();
    }

    /** The residual that replaces the noise at the cut after call k, or null. */
    public @Nullable Tensor cutResidual(int k) {
        return steps[k].residual;
    }

    /** The cotangent that arrives at the state after call k, or null. */
    public @Nullable Tensor arriving(int k) {
        return steps[k].arriving;
    }

    /** True if adjoints end here: all of them are dropped before call k is swept, and before its cut is made. */
    public boolean stopsBefore(int k) {
        return steps[k].stop;
    }

    /** True if parameter gradients are collected at call k. */
    public boolean collects(int k) {
        return steps[k].collect != 0;
    }

    /** What the parameter gradients collected at call k are multiplied by; mostly 1. */
    public double parameterFactor(int k) {
        return steps[k].collect;
    }

    /** The part of the adjoint that passes through the network's input at call k. */
    public double inputFactor(int k) {
        return steps[k].input;
    }

    private SweepPlan with(int k, Step step) {
        Step[] changed = steps.clone();
        changed[k] = step;
        return new SweepPlan(program, changed, rewardWeights);
    }
}
