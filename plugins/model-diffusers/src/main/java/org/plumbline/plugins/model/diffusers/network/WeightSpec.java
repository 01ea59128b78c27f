package org.plumbline.plugins.model.diffusers.network;

/**
 * A weight that a network owns.
 *
 * @param name its name in the graph and in the file
 * @param start where it starts before training
 * @param trained false for a constant that files hold among the weights
 * @param shape its sizes
 */
public record WeightSpec(String name, Initialiser start, boolean trained, long... shape) {
    /** A weight that is trained. */
    public WeightSpec(String name, Initialiser start, long... shape) {
        this(name, start, true, shape);
    }

    public WeightSpec {
        shape = shape.clone();
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** The same weight, called otherwise. */
    public WeightSpec named(String other) {
        return new WeightSpec(other, start, trained, shape);
    }
}
