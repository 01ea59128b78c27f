package org.plumbline.plugins.reward.jpeg;

import java.util.Optional;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.testkit.reward.RewardContract;

class JpegCompressibilityContractTest extends RewardContract {
    @Override
    protected ComputeBackend backend() {
        throw new UnsupportedOperationException("a black box runs on no backend");
    }

    @Override
    protected RewardModel reward() {
        return new JpegCompressibility(new JpegCompressibility.Configuration(95, 1));
    }

    @Override
    protected long[] imageShape() {
        return new long[] {3, 16, 16};
    }

    @Override
    protected Optional<long[]> impossibleShape() {
        return Optional.of(new long[] {4, 2, 2});
    }
}
