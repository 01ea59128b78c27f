package org.plumbline.toolkit.perturbation;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.plumbline.spi.graph.ParameterLayout;

/**
 * Random directions u in the space of theta with mean zero, E[u u^T] = I and a law that is symmetric under u to -u, so
 * that E[(g . u) u] = g for every g.
 *
 * <p>A low-rank direction of an m x n matrix is A B^T / sqrt(r) with standard normal A (m x r) and B (n x r): it is
 * described by r (m + n) numbers. Its components are uncorrelated with variance 1, so what is unbiased to first order with
 * normal directions is so with these; they are not independent, so fourth moments are larger (9 instead of 3 for r = 1),
 * and with them the variance and the error of order s^2 of a difference. Tensors with more than two axes count as matrices
 * of the first axis by all others, as a convolution's kernels; vectors are drawn in full.
 *
 * @param law the distribution
 * @param rank r of {@link Law#LOW_RANK}; other laws ignore it
 */
public record RandomDirections(Law law, int rank) {
    /** Distributions of a direction. */
    public enum Law {
        /** Independent standard normal components. */
        GAUSSIAN,
        /** Independent signs. */
        RADEMACHER,
        /** For every matrix of theta a product of two thin normal ones. */
        LOW_RANK
    }

    public RandomDirections {
        if (rank < 1) {
            throw new IllegalArgumentException("a direction of rank " + rank);
        }
    }

    /** Draws a direction for parameters that lie like this. */
    public double[] draw(RandomGenerator random, ParameterLayout layout) {
        double[] u = new double[layout.size()];
        switch (law) {
            case GAUSSIAN -> Arrays.setAll(u, i -> random.nextGaussian());
            case RADEMACHER -> Arrays.setAll(u, i -> random.nextBoolean() ? 1 : -1);
            case LOW_RANK -> layout.entries().forEach(entry -> lowRank(u, entry, random));
        }
        return u;
    }

    private void lowRank(double[] u, ParameterLayout.Entry entry, RandomGenerator random) {
        int rows = entry.shape().length < 2 ? 1 : Math.toIntExact(entry.shape()[0]);
        int columns = rows == 0 ? 0 : entry.size() / rows;
        if (Math.min(rows, columns) <= rank) {
            // The product would need more numbers than it has.
            for (int i = 0; i < entry.size(); i++) {
                u[entry.offset() + i] = random.nextGaussian();
            }
            return;
        }
        double scale = 1 / Math.sqrt(rank);
        for (int r = 0; r < rank; r++) {
            double[] a = new double[rows];
            double[] b = new double[columns];
            Arrays.setAll(a, i -> random.nextGaussian());
            Arrays.setAll(b, i -> random.nextGaussian());
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    u[entry.offset() + i * columns + j] += scale * a[i] * b[j];
                }
            }
        }
    }
}
