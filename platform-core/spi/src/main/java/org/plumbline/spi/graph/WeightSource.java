package org.plumbline.spi.graph;

import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Where the frozen weights of a graph come from, by name. Thread-safe. */
@ConsumerType
public interface WeightSource {
    /** True if there is a weight of this name. */
    boolean contains(String name);

    /**
     * The weight's shape.
     *
     * @throws PlumblineException {@link StandardError#MALFORMED_FILE} if there is none of this name
     */
    long[] shape(String name);

    /**
     * The weight's values in row-major order, as a fresh array.
     *
     * @throws PlumblineException {@link StandardError#MALFORMED_FILE} if there is none of this name
     */
    float[] floats(String name);

    /** Like {@link #floats}, without rounding where the source holds float64. */
    default double[] doubles(String name) {
        float[] source = floats(name);
        double[] values = new double[source.length];
        for (int i = 0; i < source.length; i++) {
            values[i] = source[i];
        }
        return values;
    }

    /** A source without weights, for graphs that have none or whose weights are all trainable. */
    static WeightSource none() {
        return of(Map.of());
    }

    /** A source over float64 arrays in memory, for closed-form problems and tests. */
    static WeightSource of(Map<String, Weight> weights) {
        Map<String, Weight> copy = Map.copyOf(weights);
        return new WeightSource() {
            @Override
            public boolean contains(String name) {
                return copy.containsKey(name);
            }

            @Override
            public long[] shape(String name) {
                return find(name).shape();
            }

            @Override
            public float[] floats(String name) {
                double[] source = find(name).values();
                float[] values = new float[source.length];
                for (int i = 0; i < source.length; i++) {
                    values[i] = (float) source[i];
                }
                return values;
            }

            @Override
            public double[] doubles(String name) {
                return find(name).values();
            }

            private Weight find(String name) {
                Weight weight = copy.get(name);
                if (weight == null) {
                    throw PlumblineException.of(StandardError.MALFORMED_FILE)
                            .asked("weight '" + name + "' is not in this source")
                            .available(String.join(
                                    ", ", copy.keySet().stream().sorted().toList()))
                            .build();
                }
                return weight;
            }
        };
    }

    /**
     * One weight in memory.
     *
     * @param values row-major
     * @param shape sizes whose product is the number of values
     */
    record Weight(double[] values, long... shape) {
        public Weight {
            values = values.clone();
            shape = shape.clone();
            long size = 1;
            for (long length : shape) {
                size *= length;
            }
            if (size != values.length) {
                throw new IllegalArgumentException(values.length + " values for " + size + " places");
            }
        }

        @Override
        public double[] values() {
            return values.clone();
        }

        @Override
        public long[] shape() {
            return shape.clone();
        }
    }
}
