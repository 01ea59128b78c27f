package org.plumbline.toolkit.perturbation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.Perturbation;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.toolkit.statistics.Advantages;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * The gradient of the mean reward with respect to the parameters used at some calls, from rewards alone.
 *
 * <p>A direction u moves theta at those calls by s u, and all noise stays as in the behaviour (common random numbers). Per
 * sample,
 *
 * <pre>
 *   antithetic   (R(theta + s u) - R(theta - s u)) / (2 s)  u
 *   one-sided    (R(theta + s u) - b) / s  u              b: the mean unperturbed reward of the other samples
 * </pre>
 *
 * <p>Both have the same expectation, (I + O(s^2)) times the gradient: for normal directions it is the gradient of the reward
 * smoothed over a ball of radius s. One direction for all calls is right: it estimates the sum of what they contribute.
 * The variance per direction is about (P + 1) |g|^2 for P moved parameters, (P - 1) |g|^2 with signs; one-sided it is that
 * of R times P / s^2. A direction that the batch shares is not averaged by the batch.
 *
 * <p>Cost: per direction two rollouts and rewards, one if one-sided. Theta itself is never changed; the chain binds moved
 * copies.
 *
 * <p>Sources: Spall: Multivariate stochastic approximation using a simultaneous perturbation gradient approximation. IEEE
 * Transactions on Automatic Control 37, 1992. Nesterov, Spokoiny: Random gradient-free minimization of convex functions.
 * Foundations of Computational Mathematics 17, 2017.
 *
 * @param directions how directions are drawn
 * @param count q, over how many directions the estimate is averaged
 * @param scale s
 * @param difference which rewards are compared
 * @param sharing who gets a direction
 */
public record ZerothOrder(
        RandomDirections directions, int count, double scale, Difference difference, Sharing sharing) {
    /** Which rewards are compared. */
    public enum Difference {
        /** Those of theta + s u and theta - s u. */
        ANTITHETIC,
        /** That of theta + s u and a baseline. */
        ONE_SIDED;

        /** Rollouts per direction. */
        public int rollouts() {
            return this == ANTITHETIC ? 2 : 1;
        }
    }

    /** Who gets a direction. */
    public enum Sharing {
        /** One for the whole batch: one rollout serves all samples. */
        BATCH,
        /** One for every sample: samples are rolled out one by one, and the batch averages the directions too. */
        SAMPLE
    }

    /**
     * Estimates.
     *
     * @param calls where theta is moved
     * @param purpose names the random streams, one per direction
     * @return the gradient of the mean reward, of theta's length; zero if there are no calls
     */
    public double[] estimate(Chain chain, BitSet calls, String purpose) {
        double[] sum = new double[chain.parameterCount()];
        if (!calls.isEmpty()) {
            for (int d = 0; d < count; d++) {
                List<double[]> drawn = draw(chain, chain.random(purpose + "." + d));
                double[] slopes = slopes(chain, calls, drawn);
                for (int row = 0; row < slopes.length; row++) {
                    slopes[row] /= (double) count * slopes.length;
                }
                collect(chain, slopes, drawn, sum);
            }
        }
        return sum;
    }

    /** One direction, or one per row. */
    private List<double[]> draw(Chain chain, RandomGenerator random) {
        List<double[]> drawn = new ArrayList<>();
        for (int i = 0; i < (sharing == Sharing.BATCH ? 1 : chain.rows()); i++) {
            drawn.add(directions.draw(random, chain.profile().layout()));
        }
        return drawn;
    }

    /** The derivative of each row's reward along its direction. */
    private double[] slopes(Chain chain, BitSet calls, List<double[]> drawn) {
        double[] up = moved(chain, calls, drawn, scale);
        double[] slopes = new double[up.length];
        switch (difference) {
            case ANTITHETIC -> {
                double[] down = moved(chain, calls, drawn, -scale);
                Arrays.setAll(slopes, row -> (up[row] - down[row]) / (2 * scale));
            }
            case ONE_SIDED -> {
                double[] here = chain.rewards(chain.behaviour());
                double[] advantages = Advantages.leaveOneOut(here);
                Arrays.setAll(slopes, row -> (up[row] - (here[row] - advantages[row])) / scale);
            }
        }
        return slopes;
    }

    private static double[] moved(Chain chain, BitSet calls, List<double[]> drawn, double scale) {
        if (drawn.size() == 1) {
            return chain.rewards(chain.perturbed(new Perturbation(drawn.get(0), scale, calls)));
        }
        return chain.rewards(chain.perturbed(
                drawn.stream().map(u -> new Perturbation(u, scale, calls)).toList()));
    }

    private static void collect(Chain chain, double[] slopes, List<double[]> drawn, double[] sum) {
        if (chain.profile().target() instanceof TrainableTarget.InitialNoise) {
            // A row's reward depends on its own part of theta only; the rest of the direction would add noise.
            int size = sum.length / slopes.length;
            for (int i = 0; i < sum.length; i++) {
                int row = i / size;
                sum[i] += slopes[row] * drawn.get(Math.min(row, drawn.size() - 1))[i];
            }
        } else if (drawn.size() == 1) {
            Vectors.addTo(sum, Arrays.stream(slopes).sum(), drawn.get(0));
        } else {
            for (int row = 0; row < slopes.length; row++) {
                Vectors.addTo(sum, slopes[row], drawn.get(row));
            }
        }
    }
}
