package org.plumbline.plugins.model.toy.chain;

import jakarta.inject.Inject;
import java.nio.file.Path;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

/** The matrix of the tanh chain, from no file: the folder is not looked at. Its 16 numbers are trained in full. */
@Plugin(id = "toy-chain", description = "four numbers and one 4x4 matrix in closed form, to check estimators on")
final class ToyChainModel implements ModelLoader {
    private static final int TRAIN_STEPS = 1000;

    @Inject
    ToyChainModel() {}

    @Override
    public DiffusionModel load(Path folder) {
        // The chain knows no time; any schedule serves those that ask for one.
        double[] betas = BetaSchedule.SCALED_LINEAR.betas(TRAIN_STEPS, 0.00085, 0.012, Precision.FLOAT64);
        return ClosedFormModel.of(TanhChain.standard(), DiscreteNoiseSchedule.ofBetas(betas, Precision.FLOAT64))
                .withSampler(ToyChainSampler.CLASS);
    }
}
