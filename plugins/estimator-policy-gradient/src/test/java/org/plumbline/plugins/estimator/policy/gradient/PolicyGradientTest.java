package org.plumbline.plugins.estimator.policy.gradient;

import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;

class PolicyGradientTest {
    @Nested
    class ScoreFunction extends Contract {
        ScoreFunction() {
            super(Map.of());
        }
    }

    @Nested
    class ScoreFunctionWithoutBaseline extends Contract {
        ScoreFunctionWithoutBaseline() {
            super(Map.of("baseline", "none"));
        }
    }

    /** The value function learns from replica to replica. */
    @Nested
    class ValueFunctionAsBaseline extends Contract {
        ValueFunctionAsBaseline() {
            super(Map.of("baseline", "value"));
        }
    }

    /** Three of five steps, drawn anew in every update. */
    @Nested
    class RandomSteps extends Contract {
        RandomSteps() {
            super(Map.of("timestep-fraction", 0.6));
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            int swept = program.markov() ? 3 : program.size();
            return new ExpectedWork(program.size() + swept, swept, 1);
        }
    }

    /** Half the gradient in two dimensions. */
    @Nested
    class MeanLogProbability extends Biased {
        MeanLogProbability() {
            super(Map.of("log-probability", "mean"));
        }
    }

    @Nested
    class StandardisedPerPrompt extends Biased {
        StandardisedPerPrompt() {
            super(Map.of("baseline", "per-prompt"));
        }
    }

    @Nested
    class StandardisedByGroup extends Biased {
        StandardisedByGroup() {
            super(Map.of("baseline", "group"));
        }
    }

    /** All ratios are one until the parameters move, so the bias of clipping comes with the second update. */
    @Nested
    class Clipped extends Biased {
        Clipped() {
            super(Map.of("objective", "clip", "updates-per-rollout", 4, "mismatch-calls", 0));
        }

        @Override
        protected boolean biasShowsAtOnce() {
            return false;
        }
    }

    /** The divergence is zero until the parameters move; one evaluation shows the mismatch. */
    @Nested
    class Dpok extends Biased {
        Dpok() {
            super(Map.of("preset", "dpok", "clip", 0.1, "kl", 0.5, "log-probability", "sum"));
        }

        @Override
        protected boolean biasShowsAtOnce() {
            return false;
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(3L * program.size() + 1, program.size(), 1);
        }
    }

    /** Only the first four of five steps have noise, and what the last one does is missed. */
    @Nested
    class MixGrpo extends Biased {
        MixGrpo() {
            super(Map.of("preset", "mix-grpo", "clip", 0.1, "mismatch-calls", 0));
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 4, 4, 1);
        }
    }

    /** A few replicas see a bias of a half, or none is looked for. */
    abstract static class Biased extends Contract {
        Biased(Map<String, Object> settings) {
            super(settings);
        }

        @Override
        protected int replicas() {
            return 300;
        }
    }

    abstract static class Contract extends GradientEstimatorContract {
        private final Map<String, Object> settings;

        Contract(Map<String, Object> settings) {
            this.settings = settings;
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected GradientEstimator estimator() {
            return Configured.by(settings);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(2 * program.size(), program.size(), 1);
        }
    }
}
