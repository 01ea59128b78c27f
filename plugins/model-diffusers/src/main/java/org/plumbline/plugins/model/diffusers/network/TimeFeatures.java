package org.plumbline.plugins.model.diffusers.network;

import java.util.List;
import org.plumbline.spi.graph.Ops;

/** What a time label, a real number, becomes before any layer that is shared by all networks sees it. */
sealed interface TimeFeatures {
    /** Which features a network has. */
    sealed interface Kind {
        /** Declares their weights, if they have some. */
        TimeFeatures build(Scope scope, int channels);
    }

    /** How many there are. */
    int width();

    /** [batch] to [batch, width]. */
    <T> T apply(Ops<T> ops, T label);

    /**
     * Sines and cosines of the label at frequencies 10000^(-i / (half - shift)).
     *
     * @param cosineFirst diffusers: flip_sin_to_cos
     * @param shift diffusers: freq_shift
     */
    record Positional(boolean cosineFirst, double shift) implements Kind {
        @Override
        public TimeFeatures build(Scope scope, int channels) {
            return new Waves(channels, cosineFirst, shift);
        }
    }

    /** Sines and cosines of the logarithm of the label at stored frequencies, twice as many as channels. */
    record Fourier() implements Kind {
        @Override
        public TimeFeatures build(Scope scope, int channels) {
            Initialiser start = Initialiser.normal(FourierWaves.DEVIATION);
            return new FourierWaves(scope.in("time_proj").constant("weight", start, channels), channels);
        }
    }

    /**
     * A row of a table.
     *
     * @param steps rows of the table; labels are whole numbers below
     */
    record Learned(int steps) implements Kind {
        @Override
        public TimeFeatures build(Scope scope, int channels) {
            Initialiser start = Initialiser.normal(1);
            return new Table(scope.in("time_proj").weight("weight", start, steps, channels), steps, channels);
        }
    }

    /** See {@link Positional}. */
    final class Waves implements TimeFeatures {
        private static final double LONGEST_PERIOD = 10000;

        private final double[] frequencies;
        private final boolean cosineFirst;

        Waves(int width, boolean cosineFirst, double shift) {
            int half = width / 2;
            this.frequencies = new double[half];
            for (int i = 0; i < half; i++) {
                frequencies[i] = Math.exp(-Math.log(LONGEST_PERIOD) * i / (half - shift));
            }
            this.cosineFirst = cosineFirst;
        }

        @Override
        public int width() {
            return 2 * frequencies.length;
        }

        @Override
        public <T> T apply(Ops<T> ops, T label) {
            return ops.reshape(ofEach(ops, ops.reshape(label, -1, 1)), -1, width());
        }

        /** [batch, count] to [batch, count, width]. */
        <T> T ofEach(Ops<T> ops, T numbers) {
            long count = ops.shape(numbers)[1];
            T frequency = ops.constant(frequencies, 1, 1, frequencies.length);
            T angles = ops.mul(ops.reshape(numbers, -1, count, 1), frequency);
            T sine = ops.sin(angles);
            T cosine = ops.cos(angles);
            return ops.concat(2, cosineFirst ? List.of(cosine, sine) : List.of(sine, cosine));
        }
    }

    /** See {@link Fourier}. The frequencies are a weight of the file but were never trained. */
    record FourierWaves(String frequencies, int count) implements TimeFeatures {
        static final double DEVIATION = 16;

        @Override
        public int width() {
            return 2 * count;
        }

        @Override
        public <T> T apply(Ops<T> ops, T label) {
            T weight = ops.reshape(ops.weight(frequencies, count), 1, count);
            T logarithm = ops.reshape(ops.log(label), -1, 1);
            T angles = ops.scale(ops.mul(logarithm, weight), 2 * Math.PI);
            return ops.concat(1, List.of(ops.sin(angles), ops.cos(angles)));
        }
    }

    /** See {@link Learned}. */
    record Table(String table, int steps, int width) implements TimeFeatures {
        @Override
        public <T> T apply(Ops<T> ops, T label) {
            T rows = ops.embedding(ops.weight(table, steps, width), ops.reshape(label, -1, 1));
            return ops.reshape(rows, -1, width);
        }
    }
}
