package org.plumbline.plugins.backend.djl.pytorch;

import java.util.SplittableRandom;
import org.plumbline.spi.backend.BackendSession;

/** What the tests of this package share: a session on the CPU with one thread, and random numbers. */
final class TestSession {
    private TestSession() {}

    static BackendSession open() {
        return new DjlPytorchBackend(TestSession.settings("cpu", 1)).open();
    }

    /** Everything else by default. */
    static DjlPytorchBackend.Configuration settings(String device, int threads) {
        return new DjlPytorchBackend.Configuration(device, threads, 1, Precision.FLOAT32, Recompute.NONE);
    }

    static double[] normal(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextGaussian();
        }
        return values;
    }
}
