package org.plumbline.plugins.backend.djl.pytorch;

import java.util.SplittableRandom;
import org.plumbline.spi.backend.BackendSession;

/** What the tests of this package share: a session on the CPU with one thread, and random numbers. */
final class TestSession {
    private TestSession() {}

    static BackendSession open() {
        return new DjlPytorchBackend(new DjlPytorchBackend.Configuration("cpu", 1)).open();
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
