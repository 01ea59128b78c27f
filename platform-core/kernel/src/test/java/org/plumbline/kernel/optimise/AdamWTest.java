package org.plumbline.kernel.optimise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class AdamWTest {
    @Test
    void theFirstUpdateMovesEachParameterByTheRateAgainstTheSignOfItsGradient() {
        AdamW optimiser = new AdamW(new AdamW.Settings(0.9, 0.999, 1e-12, 0), 3);
        double[] theta = {1, 2, 3};
        optimiser.descend(theta, new double[] {0.5, -20, 1e-3}, 0.1);
        assertArrayEquals(new double[] {0.9, 2.1, 2.9}, theta, 1e-9);
    }

    @Test
    void threeUpdatesFollowTheWrittenFormula() {
        double beta1 = 0.8;
        double beta2 = 0.95;
        double epsilon = 1e-3;
        double decay = 0.1;
        double[] gradients = {0.3, -1.1, 0.7};
        AdamW optimiser = new AdamW(new AdamW.Settings(beta1, beta2, epsilon, decay), 1);
        double[] theta = {2};
        double expected = 2;
        double m = 0;
        double v = 0;
        for (int n = 1; n <= 3; n++) {
            double g = gradients[n - 1];
            double rate = 0.05 * n;
            optimiser.descend(theta, new double[] {g}, rate);
            m = beta1 * m + (1 - beta1) * g;
            v = beta2 * v + (1 - beta2) * g * g;
            double mHat = m / (1 - Math.pow(beta1, n));
            double vHat = v / (1 - Math.pow(beta2, n));
            expected = expected - rate * (mHat / (Math.sqrt(vHat) + epsilon) + decay * expected);
        }
        assertEquals(expected, theta[0], 1e-14);
    }

    @Test
    void weightDecayShrinksAlsoWhenAscending() {
        AdamW optimiser = new AdamW(new AdamW.Settings(0.9, 0.999, 1e-8, 0.5), 1);
        double[] theta = {4};
        optimiser.ascend(theta, new double[] {0}, 0.1);
        assertEquals(4 * (1 - 0.1 * 0.5), theta[0], 1e-12);
    }

    @Test
    void ascendingIsDescendingWithTheGradientTurnedRound() {
        double[] up = {1, -1};
        double[] down = {1, -1};
        AdamW ascending = new AdamW(AdamW.Settings.usual(), 2);
        AdamW descending = new AdamW(AdamW.Settings.usual(), 2);
        for (int n = 0; n < 5; n++) {
            ascending.ascend(up, new double[] {0.2 * n, -1}, 0.01);
            descending.descend(down, new double[] {-0.2 * n, 1}, 0.01);
        }
        assertArrayEquals(down, up);
    }

    @Test
    void anOptimiserMadeFromAStateContinuesBitByBit() {
        double[] whole = {0.1, 0.2, 0.3};
        AdamW uninterrupted = new AdamW(AdamW.Settings.usual(), 3);
        double[] resumed = whole.clone();
        AdamW first = new AdamW(AdamW.Settings.usual(), 3);
        for (int n = 0; n < 10; n++) {
            uninterrupted.descend(whole, gradient(n), 0.01);
        }
        for (int n = 0; n < 4; n++) {
            first.descend(resumed, gradient(n), 0.01);
        }
        AdamW second = new AdamW(AdamW.Settings.usual(), first.state());
        for (int n = 4; n < 10; n++) {
            second.descend(resumed, gradient(n), 0.01);
        }
        assertArrayEquals(whole, resumed);
        assertEquals(10, second.state().updates());
    }

    @Test
    void aGradientThatIsNotFiniteChangesNothing() {
        AdamW optimiser = new AdamW(AdamW.Settings.usual(), 2);
        double[] theta = {1, 2};
        PlumblineException thrown = assertThrows(
                PlumblineException.class, () -> optimiser.descend(theta, new double[] {1, Double.NaN}, 0.1));
        assertEquals(StandardError.NOT_FINITE, thrown.code());
        assertArrayEquals(new double[] {1, 2}, theta);
        assertArrayEquals(new double[2], optimiser.state().first());
        assertEquals(0, optimiser.state().updates());
    }

    @Test
    void clippingKeepsTheDirectionAndReportsTheNormBefore() {
        double[] gradient = {3, 4};
        assertEquals(5, new GradientClipping(1).clip(gradient), 1e-15);
        assertArrayEquals(new double[] {0.6, 0.8}, gradient, 1e-15);
        assertEquals(1, new GradientClipping(2).clip(gradient), 1e-15);
        assertArrayEquals(new double[] {0.6, 0.8}, gradient, 1e-15);
    }

    @Test
    void theRateRisesToItsPeakAndFallsToItsFloor() {
        LearningRateSchedule schedule = new LearningRateSchedule(2e-3, 100, 1100, 0.01);
        assertEquals(2e-5, schedule.rate(0), 1e-18);
        assertEquals(2e-3, schedule.rate(99), 1e-18);
        assertEquals(2e-3, schedule.rate(100), 1e-18);
        assertEquals(2e-3 * 0.505, schedule.rate(600), 1e-15);
        assertEquals(2e-5, schedule.rate(1100), 1e-15);
        assertEquals(2e-5, schedule.rate(9999), 1e-15);
        assertEquals(0.5, LearningRateSchedule.constant(0.5).rate(12345), 0);
    }

    @Test
    void theAverageForgetsItsStartQuicklyAndThenDecaysAtItsRate() {
        ExponentialAverage average = new ExponentialAverage(0.999, new double[] {100});
        double expected = 100;
        for (int n = 0; n < 50; n++) {
            average.add(new double[] {1});
            double d = Math.min(0.999, (1.0 + n) / (10.0 + n));
            expected = d * expected + (1 - d) * 1;
        }
        assertEquals(expected, average.toArray()[0], 1e-12);
        assertTrue(expected < 1.001, "after 50 values the start still weighs " + (expected - 1) / 99);
        ExponentialAverage late = new ExponentialAverage(0.5, new double[] {2}, 1_000_000);
        late.add(new double[] {4});
        assertEquals(3, late.toArray()[0], 1e-15);
    }

    private static double[] gradient(int n) {
        return new double[] {Math.sin(n), 1e-3 * n, -Math.exp(-n)};
    }
}
