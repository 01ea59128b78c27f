package org.plumbline.kernel.record;

/**
 * Two computations of one number that must agree.
 *
 * @param point which parameters, for example {@code base model}
 * @param name what was checked, a sentence without a full stop
 * @param expected by the first computation
 * @param found by the second
 */
public record CheckRecord(String point, String name, double expected, double found) implements RunRecord {
    /** |found - expected| / |expected|. */
    public double relativeDifference() {
        return Math.abs(found - expected) / Math.abs(expected);
    }
}
