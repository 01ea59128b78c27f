package org.plumbline.testkit.estimator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.schedule.FlowSchedule;

/**
 * A sampled chain of six steps in three dimensions, small enough to write down by hand what a biased estimator
 * differentiates: its surrogate, with everything it holds as numbers. {@link #differences} then is what its gradient must
 * be. The network is n = tanh(W u), so that nothing of the platform is needed for it.
 */
public final class SurrogateProblem implements AutoCloseable {
    /** What the network predicts, and how it is sampled. */
    public enum Kind {
        /** Noise, sampled by DDIM with noise. */
        EPSILON(PredictionType.EPSILON),
        /** v = alpha eps - sigma x0, sampled by the same DDIM, whose conversion to eps is explicit in u. */
        VELOCITY(PredictionType.V_PREDICTION),
        /** eps - x0 on the straight path, sampled by Euler's method without noise. */
        FLOW(PredictionType.FLOW);

        private final PredictionType prediction;

        Kind(PredictionType prediction) {
            this.prediction = prediction;
        }
    }

    /** The objective of one row as a function of theta. */
    public interface Objective {
        /** Its value. */
        double at(double[] theta, int row);
    }

    private static final int D = 3;
    private static final int ROWS = 4;
    private static final double[] SIGNAL = {0.1, 0.25, 0.45, 0.65, 0.85, 0.95, 0.99};
    private static final double[] NOISE = {0.95, 0.9, 0.78, 0.55, 0.35, 0.2, 0};
    private static final QuadraticReward REWARD = QuadraticReward.around(0.7, -0.4, 0.2);

    private final Kind kind;
    private final double[] theta;
    private final Workbench bench;
    private final Rollout rollout;
    private final SamplingChain chain;

    /**
     * Opens it with a quadratic reward.
     *
     * @param seed of noise and of the estimator's decisions
     */
    public SurrogateProblem(ComputeBackend backend, Kind kind, long seed) {
        this(backend, kind, seed, REWARD);
    }

    /** Opens it with another reward of three numbers. */
    public SurrogateProblem(ComputeBackend backend, Kind kind, long seed, RewardModel reward) {
        this.kind = kind;
        NoiseSchedule schedule = kind == Kind.FLOW ? new FlowSchedule(1000) : SweepContract.SCHEDULE;
        List<String> prompts = Collections.nCopies(ROWS, "");
        this.bench = Workbench.open(
                backend,
                new ChainParts(
                        ClosedFormModel.of(new TanhChain(D).predicting(kind.prediction), schedule),
                        new TrainableTarget.Full(List.of()),
                        1,
                        reward,
                        List.of(""),
                        ROWS));
        this.theta = bench.initialParameters(0);
        this.rollout =
                bench.rollout(program(), new Batch(prompts, NoiseSource.keyed(seed, "surrogate-problem", 0)), theta);
        this.chain = bench.chain(rollout, theta, seed, 0);
    }

    /** The sampled chain. */
    public SamplingChain chain() {
        return chain;
    }

    /** Lets an estimator estimate, after it has checked the chain. */
    public GradientEstimate estimate(GradientEstimator estimator) {
        estimator.check(chain.profile());
        return estimator.estimate(chain);
    }

    /** Evaluations of the network done so far, forward and backward. */
    public long[] evaluations() {
        return new long[] {
            bench.ledger().reading().nfeForward(), bench.ledger().reading().nfeBackward()
        };
    }

    /** The trained matrix W, row-major. */
    public double[] theta() {
        return theta.clone();
    }

    /** A row of a tensor. */
    public double[] row(Tensor tensor, int row) {
        return Arrays.copyOfRange(tensor.toDoubles(), row * D, (row + 1) * D);
    }

    /** The state before call k. */
    public double[] state(int k, int row) {
        return row(chain.behaviour().state(k), row);
    }

    /** tanh(W u). */
    public double[] network(double[] w, double[] u) {
        double[] n = new double[D];
        for (int i = 0; i < D; i++) {
            double sum = 0;
            for (int j = 0; j < D; j++) {
                sum += w[i * D + j] * u[j];
            }
            n[i] = Math.tanh(sum);
        }
        return n;
    }

    /** x0hat of a network output n at u. */
    public double[] sample(double[] u, double[] n, TimePoint at) {
        return switch (kind) {
            case EPSILON -> sum(1 / at.alpha(), u, -at.sigma() / at.alpha(), n);
            case VELOCITY -> sum(at.alpha(), u, -at.sigma(), n);
            case FLOW -> sum(1, u, -at.sigma(), n);
        };
    }

    /** The noise that a network output n at u stands for. */
    public double[] epsilon(double[] u, double[] n, TimePoint at) {
        return switch (kind) {
            case EPSILON -> n;
            case VELOCITY -> sum(at.sigma(), u, at.alpha(), n);
            case FLOW -> sum(1, u, at.alpha(), n);
        };
    }

    /** What call k makes of a state, with the noise of the behaviour, given the network's output there. */
    public double[] step(int k, double[] x, double[] n, int row) {
        SamplerCall call = chain.program().calls().get(k);
        double[] m = kind == Kind.FLOW ? n : epsilon(x, n, call.at());
        double[] next = sum(call.transition()[0][0], x, call.ofOutput()[0], m);
        return call.stochastic()
                ? sum(1, next, call.noise(), row(chain.behaviour().noise(k), row))
                : next;
    }

    /** The quadratic reward. */
    public double reward(double[] x) {
        return REWARD.at(x);
    }

    /** a x + b y. */
    public static double[] sum(double a, double[] x, double b, double[] y) {
        double[] sum = new double[D];
        Arrays.setAll(sum, i -> a * x[i] + b * y[i]);
        return sum;
    }

    /** The gradient of the mean objective over the rows, by finite differences. */
    public double[] differences(Objective objective) {
        return FiniteDifferences.gradient(
                w -> {
                    double mean = 0;
                    for (int row = 0; row < ROWS; row++) {
                        mean += objective.at(w, row) / ROWS;
                    }
                    return mean;
                },
                theta);
    }

    private SamplerProgram program() {
        List<SamplerCall> calls = new ArrayList<>();
        for (int k = 0; k + 1 < SIGNAL.length; k++) {
            if (kind == Kind.FLOW) {
                TimePoint at = new TimePoint(1000 * NOISE[k], 1 - NOISE[k], NOISE[k]);
                calls.add(SamplerCall.single(at, 1, NOISE[k + 1] - NOISE[k], 0, 0));
            } else {
                double a = SIGNAL[k];
                double next = SIGNAL[k + 1];
                double noise = 0.6 * Math.sqrt((1 - next) / (1 - a) * (1 - a / next));
                double ofEps = Math.sqrt(1 - next - noise * noise) - Math.sqrt(next * (1 - a) / a);
                TimePoint at = new TimePoint(100.0 * (6 - k), Math.sqrt(a), Math.sqrt(1 - a));
                calls.add(SamplerCall.single(at, Math.sqrt(next / a), ofEps, 0, noise));
            }
        }
        return new SamplerProgram(
                kind.toString(),
                kind == Kind.FLOW ? PredictionType.FLOW : PredictionType.EPSILON,
                OutputTransform.none(),
                1,
                1,
                calls,
                new double[] {1});
    }

    @Override
    public void close() {
        chain.close();
        rollout.close();
        bench.close();
    }
}
