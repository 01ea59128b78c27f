package org.plumbline.plugins.estimator.policy.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RidgeRegressionTest {
    @Test
    void a_linear_function_is_found() {
        RidgeRegression regression = new RidgeRegression(3, 1e-9);
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 20; i++) {
            double[] x = {random.nextDouble(), random.nextDouble(), 1};
            regression.add(x, 2 * x[0] - 3 * x[1] + 0.5);
        }
        regression.fit();
        assertEquals(2 * 0.3 - 3 * 0.7 + 0.5, regression.predict(new double[] {0.3, 0.7, 1}), 1e-7);
    }

    /** One feature: sum x y / (sum x^2 + ridge), each sum decayed. */
    @Test
    void ridge_and_decay_are_those_of_the_formula() {
        RidgeRegression regression = new RidgeRegression(1, 0.5);
        regression.add(new double[] {2}, 3);
        regression.forget(0.25);
        regression.add(new double[] {1}, -1);
        regression.fit();
        assertEquals((0.25 * 6 - 1) / (0.25 * 4 + 1 + 0.5), regression.predict(new double[] {1}), 1e-15);
    }

    @Test
    void features_that_say_the_same_do_no_harm() {
        RidgeRegression regression = new RidgeRegression(2, 1);
        for (int i = 0; i < 50; i++) {
            regression.add(new double[] {i, i}, i);
        }
        regression.fit();
        assertEquals(7, regression.predict(new double[] {7, 7}), 1e-3);
    }

    @Test
    void what_is_recalled_predicts_the_same() {
        RidgeRegression first = new RidgeRegression(2, 1);
        first.add(new double[] {1, 2}, 3);
        first.add(new double[] {-1, 0.5}, 0.2);
        first.fit();
        RidgeRegression second = new RidgeRegression(2, 1);
        second.recall(first.memory());
        assertEquals(first.predict(new double[] {0.3, 0.4}), second.predict(new double[] {0.3, 0.4}));
    }
}
