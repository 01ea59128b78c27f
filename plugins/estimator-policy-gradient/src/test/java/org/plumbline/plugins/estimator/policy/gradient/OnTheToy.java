package org.plumbline.plugins.estimator.policy.gradient;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

/** The tanh chain in two dimensions, x' = 0.8 x + 0.7 tanh(W x) + 0.3 z, with two prompts in turn. */
final class OnTheToy {
    static final TanhChain TOY = new TanhChain(2);
    static final int ROWS = 16;

    /** Behaviour and present parameters, one update later. */
    static final double[] BEFORE = {0.4, -0.3, 0.6, 0.2};

    static final double[] NOW = {0.45, -0.28, 0.57, 0.26};

    private OnTheToy() {}

    static Batch batch(long number) {
        List<String> prompts = new ArrayList<>();
        for (int row = 0; row < ROWS; row++) {
            prompts.add(row % 2 == 0 ? "a" : "b");
        }
        return new Batch(prompts, NoiseSource.keyed(3, "surrogate", number));
    }

    static Workbench open(ComputeBackend backend) {
        ClosedFormModel model = ClosedFormModel.of(
                TOY,
                DiscreteNoiseSchedule.ofBetas(
                        BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64));
        return Workbench.open(
                backend,
                new ChainParts(
                        model,
                        new TrainableTarget.Full(List.of()),
                        1,
                        QuadraticReward.around(0.5, -0.25),
                        List.of("a", "b"),
                        ROWS));
    }
}
