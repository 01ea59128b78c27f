package org.plumbline.it.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * What is expected of numbers that were computed in float32: the distance to float64 is within a few times what the same
 * computation scatters by when its roundings change. The scatter is measured, for every tensor of its own, as the root
 * mean square distance between results that differ by {@link Rounding#random}.
 *
 * <p>An error of one result against the truth is a standard deviation where a distance of two results is sqrt(2) of them,
 * so {@value #BOUND} times the scatter are 5.7 standard deviations. Where the scatter is known from {@value #FEW} distances,
 * chance exceeds that for one number in a thousand (Student's t), which will do for the one gradient of a case; where a case
 * compares hundreds of tensors the scatter has to be known from {@value #MANY} (3e-5). What a wrong factor or a wrong step
 * changes is 1e4 times as much and more. The scatter of a single number may be measured as nothing, since float32 has few
 * numbers of its size: it is never taken to be less than the distance of two neighbours.
 */
final class NoiseFloor {
    static final int FEW = 6;
    static final int MANY = 16;
    static final double BOUND = 4;

    /**
     * Of the largest expected number of a kind: the gradients of key biases, to which softmax is blind, are what rounding
     * leaves in the files too.
     */
    private static final double OF_LARGEST = 1e-9;

    private final Map<String, double[]> typical;
    private final List<Map<String, double[]>> others;
    private final List<String> failures = new ArrayList<>();

    /**
     * Measures the scatter of a computation in float32.
     *
     * @param replicas from so many distances
     */
    NoiseFloor(int replicas, Function<Rounding, Map<String, double[]>> computation) {
        typical = computation.apply(Rounding.none());
        others = IntStream.range(0, replicas)
                .mapToObj(replica -> computation.apply(Rounding.random(replica)))
                .toList();
    }

    /** What the computation gives, by name. */
    Map<String, double[]> typical() {
        return typical;
    }

    /** A part of what has a name, from {@code from} up to {@code to}, {@code to} itself excluded. */
    record Part(String name, int from, int to) {
        double[] of(Map<String, double[]> result) {
            return Arrays.copyOfRange(result.get(name), from, to);
        }
    }

    private double scatter(Part part) {
        double[] centre = part.of(typical);
        double squares = 0;
        for (Map<String, double[]> other : others) {
            double distance = distance(centre, 1, part.of(other));
            squares += distance * distance;
        }
        return Math.max(Math.sqrt(squares / others.size()), spacing(centre));
    }

    /** What float32 cannot tell apart at the size of these numbers; two results of a single number may well be equal. */
    private static double spacing(double[] numbers) {
        double squares = 0;
        for (double number : numbers) {
            double unit = Math.ulp((float) number);
            squares += unit * unit;
        }
        return Math.sqrt(squares);
    }

    private static double distance(double[] found, double factor, double[] expected) {
        double squares = 0;
        for (int i = 0; i < found.length; i++) {
            double difference = factor * found[i] - expected[i];
            squares += difference * difference;
        }
        return Math.sqrt(squares);
    }

    /**
     * Compares a tensor.
     *
     * @param what in messages
     * @param result of a computation, on any backend
     * @param factor what it is multiplied with to be the expected quantity
     */
    void compare(String what, Map<String, double[]> result, Part part, double factor, double[] expected) {
        double[] found = part.of(result);
        assertEquals(expected.length, found.length, what);
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        judge(what, distance(found, factor, expected), Math.abs(factor) * scatter(part), largest);
    }

    /**
     * Compares a norm: it is off by no more than the tensor is.
     *
     * @param largest of all norms of its kind
     */
    void compareNorm(
            String what, Map<String, double[]> result, Part part, double factor, double expected, double largest) {
        double[] found = part.of(result);
        double norm = distance(found, factor, new double[found.length]);
        judge("norm of " + what, Math.abs(norm - expected), Math.abs(factor) * scatter(part), largest);
    }

    private void judge(String what, double error, double scatter, double largest) {
        if (!(error <= BOUND * scatter + OF_LARGEST * largest)) {
            failures.add(String.format(
                    Locale.ROOT, "%s is off by %.3g, and rounding scatters it by %.3g", what, error, scatter));
        }
    }

    /** All that was too far away. */
    void finish() {
        assertEquals(List.of(), failures);
    }
}
