package org.plumbline.it.conformance;

import java.util.List;
import java.util.Map;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.ConditionedMlp;
import org.plumbline.toolkit.problem.GaussianFlow;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.FlowSchedule;
import org.plumbline.toolkit.schedule.Precision;

/** Chains in closed form, one of which suits every estimator: diffusion and flow, noisy and not, all that can be trained. */
enum Ground {
    NOISY_DIFFUSION("ddim", Map.of("eta", 1, "clip-sample", false, "set-alpha-to-one", false), true, weights()),
    DIFFUSION("ddim", Map.of("eta", 0, "clip-sample", false, "set-alpha-to-one", false), true, weights()),
    CONDITIONING("ddim", Map.of("eta", 0, "clip-sample", false), true, new TrainableTarget.Conditioning()),
    INITIAL_NOISE("ddim", Map.of("eta", 0, "clip-sample", false), true, new TrainableTarget.InitialNoise()),
    NOISY_FLOW("flow-matching", Map.of("noise", "flow-grpo"), false, weights()),
    FLOW("flow-matching", Map.of(), false, weights());

    /** One more than the longest default window of steps. */
    static final int STEPS = 11;
    static final int ROWS = 4;
    static final List<String> PROMPTS = List.of("one", "other");

    private final String sampler;
    private final Map<String, Object> settings;
    private final boolean diffusion;
    private final TrainableTarget target;

    Ground(String sampler, Map<String, Object> settings, boolean diffusion, TrainableTarget target) {
        this.sampler = sampler;
        this.settings = settings;
        this.diffusion = diffusion;
        this.target = target;
    }

    private static TrainableTarget weights() {
        return new TrainableTarget.Full(List.of());
    }

    String sampler() {
        return sampler;
    }

    Map<String, Object> settings() {
        return settings;
    }

    /** The same without noise. */
    Ground silent() {
        return switch (this) {
            case NOISY_DIFFUSION -> DIFFUSION;
            case NOISY_FLOW -> FLOW;
            default -> this;
        };
    }

    ClosedFormModel model() {
        if (!diffusion) {
            return ClosedFormModel.of(new GaussianFlow(), new FlowSchedule(1000));
        }
        NoiseSchedule schedule = DiscreteNoiseSchedule.ofBetas(
                BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);
        return ClosedFormModel.of(
                ConditionedMlp.standard(), schedule, PROMPTS, new double[] {0.3, -0.2, 0.5}, new double[] {
                    -0.4, 0.1, 0.2
                });
    }

    RewardModel reward() {
        int size = Math.toIntExact(model().latentShape()[0]);
        double[] centre = new double[size];
        for (int i = 0; i < size; i++) {
            centre[i] = 0.4 * Math.sin(1.0 + i);
        }
        return QuadraticReward.around(centre);
    }

    ChainParts parts(RewardModel reward) {
        return new ChainParts(model(), target, diffusion ? 1.5 : 1, reward, PROMPTS, ROWS);
    }
}
