package org.plumbline.plugins.model.toy.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.testkit.model.ModelLoaderContract;
import org.plumbline.testkit.reward.RewardContract;
import org.plumbline.testkit.sampler.SamplerContract;

class ToyChainTest {
    @Nested
    class Model extends ModelLoaderContract {
        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected ModelLoader loader() {
            return new ToyChainModel();
        }

        /** It does not look at the folder. */
        @Override
        protected Path model(Path empty) {
            return empty;
        }

        @Override
        protected List<TrainableTarget.Weights> targets() {
            return List.of(new TrainableTarget.Full(List.of()), new TrainableTarget.Full(List.of("W")));
        }

        @Override
        protected Map<Path, StandardError> refused(Path empty) {
            return Map.of();
        }
    }

    @Nested
    class Reward extends RewardContract {
        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected RewardModel reward() {
            return new ToyChainReward();
        }

        @Override
        protected long[] imageShape() {
            return new long[] {4, 1, 1};
        }

        @Override
        protected Optional<long[]> impossibleShape() {
            return Optional.of(new long[] {5, 1, 1});
        }
    }

    @Nested
    class Steps extends SamplerContract {
        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected Sampler sampler() {
            return new ToyChainSampler();
        }

        @Override
        protected Map<String, Object> modelSettings() {
            return Map.of("_class_name", "ToyChain");
        }

        @Test
        void other_models_are_refused() {
            Sampler.Request request = new Sampler.Request(schedule(), prediction(), 3, Map.of());
            PlumblineException refusal =
                    assertThrows(PlumblineException.class, () -> sampler().program(request));
            assertEquals(StandardError.INCOMPATIBLE, refusal.code(), refusal::getMessage);
        }

        /** x' = 0.8 x + 0.7 m + 0.3 z; the network knows no time. */
        @Override
        protected SamplerCall expected(Sampler.Request request, int call) {
            return SamplerCall.single(new TimePoint(request.steps() - 1 - call, 1, 1), 0.8, 0.7, 0, 0.3);
        }
    }
}
