package org.plumbline.plugins.model.diffusers.network;

/**
 * A weight that a network owns.
 *
 * @param name its name in the graph and in the file
 * @param start where it starts before training
 * @param shape its sizes
 */
public record WeightSpec(String name, Initialiser start, long... shape) {
    public WeightSpec {
        shape = shape.clone();
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }
}
