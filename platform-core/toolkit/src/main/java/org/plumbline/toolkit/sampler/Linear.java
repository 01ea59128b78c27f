package org.plumbline.toolkit.sampler;

/**
 * A combination of a sampler's registers and of what the network says at the present call; what a register holds after it.
 * The array belongs to the record and must not be changed.
 *
 * @param registers weight of every register
 * @param output weight of the transformed output m
 * @param raw weight of the untransformed output h
 */
public record Linear(double[] registers, double output, double raw) {
    /** This and {@code weight} times the other. */
    public Linear plus(double weight, Linear other) {
        if (weight == 0) {
            return this;
        }
        double[] sum = registers.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += weight * other.registers[i];
        }
        return new Linear(sum, output + weight * other.output, raw + weight * other.raw);
    }

    /** This, {@code weight} times. */
    public Linear times(double weight) {
        return new Linear(new double[registers.length], 0, 0).plus(weight, this);
    }

    /** This without the other. */
    public Linear minus(Linear other) {
        return plus(-1, other);
    }
}
