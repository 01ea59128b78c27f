package org.plumbline.plugins.reward.motion;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.testkit.reward.RewardContract;

class MotionRewardContractTest {
    @Nested
    class Amount extends OfVideos {
        @Override
        protected RewardModel reward() {
            return new MotionAmount(new MotionAmount.Configuration(-1));
        }
    }

    @Nested
    class Smoothness extends OfVideos {
        @Override
        protected RewardModel reward() {
            return new TemporalSmoothness();
        }
    }

    @Nested
    class Displacement extends OfVideos {
        @Override
        protected RewardModel reward() {
            return new MotionDirection(new MotionDirection.Configuration(MotionDirection.Score.DISPLACEMENT, 1));
        }

        @Override
        protected boolean looksAtPrompts() {
            return true;
        }
    }

    @Nested
    class Followed extends OfVideos {
        @Override
        protected RewardModel reward() {
            return new MotionDirection(new MotionDirection.Configuration(MotionDirection.Score.FOLLOWED, 0.05));
        }

        @Override
        protected boolean looksAtPrompts() {
            return true;
        }

        @Override
        protected boolean smooth() {
            return false;
        }
    }

    abstract static class OfVideos extends RewardContract {
        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected long[] imageShape() {
            return new long[] {2, 4, 3, 5};
        }

        @Override
        protected List<String> prompts() {
            return List.of("a three moving left", "a seven moving right");
        }

        @Override
        protected Optional<long[]> impossibleShape() {
            return Optional.of(new long[] {2, 4, 4});
        }
    }
}
