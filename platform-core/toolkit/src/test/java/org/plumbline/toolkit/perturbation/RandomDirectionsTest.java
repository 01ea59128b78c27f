package org.plumbline.toolkit.perturbation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.perturbation.RandomDirections.Law;

class RandomDirectionsTest {
    private static final int DRAWS = 40_000;

    /** A 3 x 4 matrix, a vector, and a kernel that counts as a 2 x 6 matrix. */
    private static final ParameterLayout LAYOUT = ParameterLayout.builder()
            .add("matrix", 3, 4)
            .add("vector", 2)
            .add("kernel", 2, 3, 2)
            .build();

    /** Standard error of a second moment: the root of (E u^4 - 1) / n for the diagonal, at most 3 / sqrt(n) beside it. */
    @ParameterizedTest
    @CsvSource({"GAUSSIAN, 1", "RADEMACHER, 1", "LOW_RANK, 1", "LOW_RANK, 2", "LOW_RANK, 3"})
    void components_are_uncorrelated_with_variance_one(Law law, int rank) {
        int size = LAYOUT.size();
        double[] mean = new double[size];
        double[][] second = new double[size][size];
        RandomDirections directions = new RandomDirections(law, rank);
        NoiseStream random = NoiseStream.of(3, "directions", rank);
        for (int n = 0; n < DRAWS; n++) {
            double[] u = directions.draw(random, LAYOUT);
            for (int i = 0; i < size; i++) {
                mean[i] += u[i] / DRAWS;
                for (int j = 0; j < size; j++) {
                    second[i][j] += u[i] * u[j] / DRAWS;
                }
            }
        }
        for (int i = 0; i < size; i++) {
            assertEquals(0, mean[i], 5 / Math.sqrt(DRAWS));
            for (int j = 0; j < size; j++) {
                assertEquals(i == j ? 1 : 0, second[i][j], 5 * 3 / Math.sqrt(DRAWS), i + " " + j);
            }
        }
    }

    @Test
    void a_direction_of_rank_one_has_no_two_independent_rows() {
        double[] u = new RandomDirections(Law.LOW_RANK, 1).draw(NoiseStream.of(1, "direction", 0), LAYOUT);
        for (int row = 1; row < 3; row++) {
            for (int column = 1; column < 4; column++) {
                assertEquals(0, u[0] * u[4 * row + column] - u[column] * u[4 * row], 1e-12);
            }
        }
        int kernel = LAYOUT.entry("kernel").offset();
        assertEquals(0, u[kernel] * u[kernel + 7] - u[kernel + 1] * u[kernel + 6], 1e-12);
        assertTrue(Math.abs(u[0]) > 0);
    }

    /** Fourth moments of the product of two normal factors: 9; they are why low rank scatters more. */
    @Test
    void rank_one_has_heavier_tails() {
        RandomDirections directions = new RandomDirections(Law.LOW_RANK, 1);
        NoiseStream random = NoiseStream.of(5, "tails", 0);
        double fourth = 0;
        for (int n = 0; n < DRAWS; n++) {
            double[] u = directions.draw(random, LAYOUT);
            for (int i = 0; i < 12; i++) {
                fourth += Math.pow(u[i], 4) / (12.0 * DRAWS);
            }
        }
        assertEquals(9, fourth, 1);
    }

    @Test
    void a_rank_of_zero_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> new RandomDirections(Law.LOW_RANK, 0));
    }
}
