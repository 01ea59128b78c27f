package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/** What a denoiser that is conditioned on a class adds to its time embedding. */
interface ClassEmbedding {
    /** How a network takes its class. */
    enum Kind {
        /** One vector per class. The input is a 1 in the place of the class and 0 elsewhere. */
        TABLE,
        /** A number that is embedded like a time label. */
        NUMBER,
        /** The vector itself. */
        VECTOR
    }

    /**
     * How a network takes its class.
     *
     * @param classes how many there are, for {@link Kind#TABLE}
     */
    record Config(Kind kind, int classes) {
        /** Width of the input. */
        public int inputWidth(int timeWidth) {
            return switch (kind) {
                case TABLE -> classes;
                case NUMBER -> 1;
                case VECTOR -> timeWidth;
            };
        }

        /** Declares what is learned of it. */
        ClassEmbedding build(Scope scope, TimeFeatures features, int timeWidth) {
            return switch (kind) {
                case TABLE ->
                    new Table(
                            scope.weight("class_embedding.weight", Initialiser.normal(1), classes, timeWidth),
                            classes,
                            timeWidth);
                case NUMBER -> new Numbered(new TimestepEmbedding(scope.in("class_embedding"), features, timeWidth));
                case VECTOR -> new Itself();
            };
        }
    }

    /** [batch, input width] to [batch, timeWidth]. */
    <T> T apply(Ops<T> ops, T classes);

    /** See {@link Kind#TABLE}. */
    record Table(String table, int classes, int width) implements ClassEmbedding {
        @Override
        public <T> T apply(Ops<T> ops, T chosen) {
            return ops.matmul(chosen, ops.weight(table, classes, width));
        }
    }

    /** See {@link Kind#NUMBER}. */
    record Numbered(TimestepEmbedding embedding) implements ClassEmbedding {
        @Override
        public <T> T apply(Ops<T> ops, T number) {
            return embedding.apply(ops, embedding.waves(ops, ops.reshape(number, -1)));
        }
    }

    /** See {@link Kind#VECTOR}. */
    record Itself() implements ClassEmbedding {
        @Override
        public <T> T apply(Ops<T> ops, T vector) {
            return vector;
        }
    }
}
