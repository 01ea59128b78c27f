package org.plumbline.plugins.model.diffusers;

import java.util.Arrays;
import java.util.Objects;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.noise.NoiseStream;

/**
 * The weights of one network as parts of a flat vector, in which their names start with a prefix.
 *
 * @param theta not copied; must not change
 */
record VectorWeights(String prefix, ParameterLayout layout, double[] theta) implements WeightSource {
    VectorWeights {
        checkSize(layout, theta);
    }

    static void checkSize(ParameterLayout layout, double[] theta) {
        if (theta.length != layout.size()) {
            throw new IllegalArgumentException("theta has " + theta.length + " numbers, not " + layout.size());
        }
    }

    /** A vector of these weights. */
    static ParameterLayout layout(Iterable<WeightSpec> weights) {
        ParameterLayout.Builder layout = ParameterLayout.builder();
        for (WeightSpec weight : weights) {
            layout.add(weight.name(), weight.shape());
        }
        return layout.build();
    }

    /** Draws weights as they are before training. Each has its own stream, so it does not depend on the others. */
    static double[] draw(Iterable<WeightSpec> weights, long seed) {
        ParameterLayout layout = layout(weights);
        double[] theta = new double[layout.size()];
        for (WeightSpec weight : weights) {
            NoiseStream random = NoiseStream.of(seed, "initial " + weight.name(), 0);
            ParameterLayout.Entry entry = layout.entry(weight.name());
            weight.start().fill(random, theta, entry.offset(), entry.size());
        }
        return theta;
    }

    /** Reads the vector of a layout from a source that knows the weights without the prefix. */
    static void read(ParameterLayout layout, String prefix, WeightSource source, double[] into) {
        for (ParameterLayout.Entry entry : layout.entries()) {
            if (entry.name().startsWith(prefix)) {
                double[] values = source.doubles(entry.name().substring(prefix.length()));
                System.arraycopy(values, 0, into, entry.offset(), values.length);
            }
        }
    }

    @Override
    public boolean contains(String name) {
        return layout.contains(prefix + name);
    }

    @Override
    public long[] shape(String name) {
        return layout.entry(prefix + name).shape();
    }

    @Override
    public float[] floats(String name) {
        double[] source = doubles(name);
        float[] values = new float[source.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) source[i];
        }
        return values;
    }

    @Override
    public double[] doubles(String name) {
        ParameterLayout.Entry entry = layout.entry(prefix + name);
        return Arrays.copyOfRange(theta, entry.offset(), entry.offset() + entry.size());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VectorWeights weights
                && weights.prefix.equals(prefix)
                && weights.layout.equals(layout)
                && Arrays.equals(weights.theta, theta);
    }

    @Override
    public int hashCode() {
        return Objects.hash(prefix, layout, Arrays.hashCode(theta));
    }

    @Override
    public String toString() {
        return "weights " + prefix + "* of " + layout.size() + " numbers";
    }
}
