package org.plumbline.plugins.estimator.rlr;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;

/** The contract for the configurations that differ in what they need, promise or cost. T is 5 in the contract. */
class RecursiveLikelihoodRatioTest {
    private static final int DIRECTIONS = 3;

    @Nested
    @Tag("long")
    class TiledByOneWithoutBaseline extends Tiled {
        TiledByOneWithoutBaseline() {
            super("h", 1, "baseline", "none");
        }
    }

    @Nested
    class TiledByTwo extends Tiled {
        TiledByTwo() {
            super("h", 2);
        }
    }

    /** The tile next to the noise is shorter. */
    @Nested
    @Tag("long")
    class TiledByThree extends Tiled {
        TiledByThree() {
            super("h", 3, "baseline", "per-prompt");
        }
    }

    /** Without the first-order part the reward's gradient is not needed; steps 2..T alone are biased. */
    @Nested
    @Tag("long")
    class ExactWithoutFirstOrder extends Contract {
        ExactWithoutFirstOrder() {
            super("mode", "exact", "h", 2, "w-fo", 0, "directions", DIRECTIONS);
        }

        /** In the conditioning the part that is missing is too small to show at the contract's precision. */
        @Override
        protected boolean biasShowsAtOnce() {
            return false;
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() * (1 + 2L * DIRECTIONS) + 2, 2, 1 + 2L * DIRECTIONS);
        }
    }

    /** Divided by the size of the latent, the half-order part is too small. */
    @Nested
    @Tag("long")
    class TiledWithMeanLogProbability extends Tiled {
        TiledWithMeanLogProbability() {
            super("h", 2, "log-probability", "mean");
        }
    }

    /** With few rows the sample's own share in the baseline shows. */
    @Nested
    @Tag("long")
    class TiledWithBatchMean extends Tiled {
        TiledWithBatchMean() {
            super("h", 2, "baseline", "batch-mean");
        }

        @Override
        protected int rows() {
            return 2;
        }

        @Override
        protected int replicas() {
            return 4000;
        }
    }

    @Nested
    @Tag("long")
    class RandomTile extends Contract {
        RandomTile() {
            super("mode", "random-tile", "h", 2);
        }

        @Override
        protected int replicas() {
            return 2000;
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 3L, 3, 1);
        }
    }

    @Nested
    class ExactByTwo extends Contract {
        ExactByTwo() {
            super("mode", "exact", "h", 2, "directions", DIRECTIONS);
        }

        @Override
        protected int replicas() {
            return 500;
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return exact(program, 2);
        }
    }

    @Nested
    @Tag("long")
    class ExactByOne extends Contract {
        ExactByOne() {
            super("mode", "exact", "h", 1, "directions", DIRECTIONS, "direction-law", "rademacher");
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return exact(program, 1);
        }
    }

    /** The first update also measures the norm of every step. */
    @Nested
    @Tag("long")
    class ExactFromLargeGradients extends Contract {
        ExactFromLargeGradients() {
            super("mode", "exact", "h", 2, "directions", DIRECTIONS, "start", "gradient-norms", "start-every", 2);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            int sweeps = program.size() * (program.size() + 1) / 2;
            ExpectedWork work = exact(program, 2);
            return new ExpectedWork(work.forward() + sweeps, work.backward() + sweeps, work.rewards());
        }
    }

    /** A direction for every sample costs the same evaluations. */
    @Nested
    @Tag("long")
    class ExactWithDirectionsPerSample extends Contract {
        ExactWithDirectionsPerSample() {
            super("mode", "exact", "h", 2, "directions", DIRECTIONS, "direction-per", "sample");
        }

        @Override
        protected int replicas() {
            return 300;
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return exact(program, 2);
        }
    }

    /** 4 h + 1 (4 - h) <= 10 leaves h = 2; the bound on the variance would leave h = 4. */
    @Nested
    @Tag("long")
    class ExactByBudget extends Contract {
        ExactByBudget() {
            super(
                    "mode",
                    "exact",
                    "directions",
                    DIRECTIONS,
                    "h-policy",
                    "budget",
                    "budget",
                    10,
                    "ho-cost",
                    4,
                    "zo-cost",
                    1,
                    "ho-deviation",
                    0.5,
                    "zo-deviation",
                    1);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return exact(program, 2);
        }
    }

    /** The sub-chain is all that the first-order part leaves, so that nothing is left for the zeroth order. */
    @Nested
    @Tag("long")
    class ExactWithoutRest extends Contract {
        ExactWithoutRest() {
            super("mode", "exact", "h", 4, "directions", DIRECTIONS);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(2L * program.size(), program.size(), 1);
        }
    }

    /** Step 1 counts twice. */
    @Nested
    @Tag("long")
    class PaperLiteral extends Contract {
        PaperLiteral() {
            super("mode", "paper-literal", "h", 1, "directions", DIRECTIONS);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return exact(program, 2);
        }
    }

    @Nested
    @Tag("long")
    class Dev extends Contract {
        Dev() {
            super("mode", "dev", "directions", DIRECTIONS);
        }

        /** In the conditioning the part that is missing is too small to show at the contract's precision. */
        @Override
        protected boolean biasShowsAtOnce() {
            return false;
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return exact(program, 0);
        }
    }

    @Nested
    @Tag("long")
    class Released extends Contract {
        Released() {
            super("mode", "released", "chain-len", 1);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 2L, 2, 1);
        }
    }

    /** The published form with what it lacks. */
    @Nested
    @Tag("long")
    class ReleasedMadeUnbiased extends Contract {
        ReleasedMadeUnbiased() {
            super(
                    "mode",
                    "released",
                    "chain-len",
                    1,
                    "weighted",
                    true,
                    "start-from",
                    2,
                    "log-probability",
                    "sum",
                    "baseline",
                    "leave-one-out");
        }

        @Override
        protected int replicas() {
            return 4000;
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 2L, 2, 1);
        }
    }

    @Nested
    @Tag("long")
    class FirstOrderAlone extends Contract {
        FirstOrderAlone() {
            super("mode", "fo");
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 1L, 1, 1);
        }
    }

    @Nested
    @Tag("long")
    class FirstAndHalfOrder extends Contract {
        FirstAndHalfOrder() {
            super("mode", "fo-ho", "h", 2);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 3L, 3, 1);
        }
    }

    /** Inverse probabilities make up for the steps that were not visited. */
    @Nested
    @Tag("long")
    class FirstAndWeightedHalfOrder extends Contract {
        FirstAndWeightedHalfOrder() {
            super("mode", "fo-ho", "h", 2, "weighted", true);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 3L, 3, 1);
        }
    }

    /** No noise is needed. */
    @Nested
    class FirstAndZerothOrder extends Contract {
        FirstAndZerothOrder() {
            super("mode", "fo-zo", "directions", DIRECTIONS);
        }

        @Override
        protected int replicas() {
            return 500;
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return exact(program, 0);
        }
    }

    /** 1 + h steps are replayed, and directions are rolled out twice. */
    private static ExpectedWork exact(SamplerProgram program, int h) {
        return new ExpectedWork(program.size() * (1 + 2L * DIRECTIONS) + 1 + h, 1 + h, 1 + 2L * DIRECTIONS);
    }

    abstract static class Tiled extends Contract {
        Tiled(Object... settings) {
            super(settings);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(2L * program.size(), program.size(), 1);
        }
    }

    abstract static class Contract extends GradientEstimatorContract {
        private final Object[] settings;

        Contract(Object... settings) {
            this.settings = settings;
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected GradientEstimator estimator() {
            return Rlr.of(settings);
        }
    }
}
