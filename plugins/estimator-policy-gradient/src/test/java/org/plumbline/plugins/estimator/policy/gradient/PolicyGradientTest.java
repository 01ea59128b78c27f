package org.plumbline.plugins.estimator.policy.gradient;

import org.junit.jupiter.api.Nested;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.policy.gradient.PolicyGradient.Baseline;
import org.plumbline.plugins.estimator.policy.gradient.PolicyGradient.Configuration;
import org.plumbline.plugins.estimator.policy.gradient.PolicyGradient.Objective;
import org.plumbline.plugins.estimator.policy.gradient.PolicyGradient.Reduction;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;

class PolicyGradientTest {
    /** Enough to see a bias of a half, or not to look for one. */
    private static final int FEW = 200;

    @Nested
    class ScoreFunction extends Contract {
        ScoreFunction() {
            super(Objective.SCORE_FUNCTION, Baseline.LEAVE_ONE_OUT, Reduction.SUM, 1);
        }
    }

    @Nested
    class ScoreFunctionWithoutBaseline extends Contract {
        ScoreFunctionWithoutBaseline() {
            super(Objective.SCORE_FUNCTION, Baseline.NONE, Reduction.SUM, 1);
        }
    }

    /** Half the gradient in two dimensions. */
    @Nested
    class MeanLogProbability extends Contract {
        MeanLogProbability() {
            super(Objective.SCORE_FUNCTION, Baseline.LEAVE_ONE_OUT, Reduction.MEAN, 1);
        }

        @Override
        protected int replicas() {
            return FEW;
        }
    }

    @Nested
    class StandardisedPerPrompt extends Contract {
        StandardisedPerPrompt() {
            super(Objective.SCORE_FUNCTION, Baseline.PER_PROMPT, Reduction.SUM, 1);
        }

        @Override
        protected int replicas() {
            return FEW;
        }
    }

    /** All ratios are one until the parameters move, so the bias of clipping comes with the second update. */
    @Nested
    class Clipped extends Contract {
        Clipped() {
            super(Objective.CLIP, Baseline.LEAVE_ONE_OUT, Reduction.SUM, 4);
        }

        @Override
        protected int replicas() {
            return FEW;
        }

        @Override
        protected boolean biasShowsAtOnce() {
            return false;
        }
    }

    abstract static class Contract extends GradientEstimatorContract {
        private final Configuration configuration;

        Contract(Objective objective, Baseline baseline, Reduction reduction, int updatesPerRollout) {
            configuration = new Configuration(objective, baseline, reduction, 0.2, updatesPerRollout, 5, 16, 16);
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected GradientEstimator estimator() {
            return new PolicyGradient(configuration);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(2 * program.size(), program.size(), 1);
        }
    }
}
