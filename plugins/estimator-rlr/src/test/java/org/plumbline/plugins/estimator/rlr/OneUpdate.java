package org.plumbline.plugins.estimator.rlr;

import java.util.Collections;
import java.util.List;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.PromptSchedule;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

/** A small chain on which single updates are looked at: 16 parameters, no prompts. */
final class OneUpdate implements AutoCloseable {
    static final TanhChain TOY = TanhChain.standard();

    private static final long SEED = 7;

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SamplerProgram program;
    private final int rows;
    private final Workbench bench;

    OneUpdate(SamplerProgram program, int rows) {
        this(program, rows, PromptSchedule.none());
    }

    OneUpdate(SamplerProgram program, int rows, PromptSchedule schedule) {
        this.program = program;
        this.rows = rows;
        ChainParts parts = new ChainParts(
                ClosedFormModel.of(
                        TOY,
                        DiscreteNoiseSchedule.ofBetas(
                                BetaSchedule.LINEAR.betas(100, 1e-4, 0.02, Precision.FLOAT64), Precision.FLOAT64)),
                new TrainableTarget.Full(List.of()),
                1,
                QuadraticReward.around(TOY.target()),
                List.of(""),
                rows);
        this.bench = Workbench.open(backend, parts.with(schedule));
    }

    /** Ten steps, eight rows. */
    static OneUpdate tenSteps() {
        return new OneUpdate(TOY.program(10), 8);
    }

    Workbench bench() {
        return bench;
    }

    double[] theta() {
        return bench.initialParameters(SEED);
    }

    ChainProfile profile() {
        return bench.profile(program);
    }

    Rollout rollout() {
        return bench.rollout(
                program, new Batch(Collections.nCopies(rows, ""), NoiseSource.keyed(SEED, "one-update", 0)), theta());
    }

    SamplingChain chain(Rollout rollout, double[] theta, long update) {
        return bench.chain(rollout, theta, SEED, update);
    }

    /** What an estimator gives on update 0. */
    GradientEstimate estimate(GradientEstimator estimator) {
        return estimate(estimator, 0);
    }

    /** On the same samples, with the estimator's own decisions of another update. */
    GradientEstimate estimate(GradientEstimator estimator, long update) {
        try (Rollout rollout = rollout();
                SamplingChain chain = chain(rollout, theta(), update)) {
            return estimator.estimate(chain);
        }
    }

    @Override
    public void close() {
        bench.close();
        backend.close();
    }
}
