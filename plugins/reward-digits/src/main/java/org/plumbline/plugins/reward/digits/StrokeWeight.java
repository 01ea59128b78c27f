package org.plumbline.plugins.reward.digits;

import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.reward.DifferentiableRewardModel;

/**
 * A measure of the strokes in an image. With p(y, x) the grey value of a pixel, 0 black and 1 white (the ink), zero
 * outside the image, y downwards:
 *
 * <pre>
 *   thickness = 2 sum p / sum sqrt((p(y, x+1) - p(y, x))^2 + (p(y+1, x) - p(y, x))^2 + 1e-6)          pixels
 *   ink       = mean p                                                                                fraction
 *   slant     = - sum p (x - xm)(y - ym) / (sum p (y - ym)^2 + 1e-6),    (xm, ym) the centre of ink   tangent
 * </pre>
 *
 * <p>These are the measures by which the captions of the dataset {@code digits} call a digit bold, thin, slanted or
 * upright. Thickness and slant do not change when all ink is multiplied by a factor; pixel values are taken as they are,
 * also outside [0, 1], so that the measures are smooth. The reward is {@code sign} times the measure, or minus the
 * squared distance to a target.
 */
@Plugin(
        id = "stroke-weight",
        description = "thickness, ink or slant of the strokes in an image",
        configuration = StrokeWeight.Configuration.class)
final class StrokeWeight implements DifferentiableRewardModel {
    /** What is measured. */
    enum Measure {
        THICKNESS("pixels"),
        INK("fraction"),
        SLANT("tangent");

        private final String unit;

        Measure(String unit) {
            this.unit = unit;
        }
    }

    /**
     * Settings.
     *
     * @param measure what is measured
     * @param sign 1 for more, -1 for less
     * @param target the wanted value of the measure
     */
    record Configuration(
            @Setting(description = "thickness, ink or slant", defaultValue = "thickness")
            Measure measure,

            @Setting(description = "1 rewards large values, -1 small ones", defaultValue = "1", min = -1, max = 1)
            int sign,

            @Setting(description = "if given, the reward is minus the squared distance of the measure to this value")
            @Nullable
            Double target) {
        Configuration {
            if (sign == 0) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("reward 'stroke-weight': 0 as 'sign'")
                        .available("1 or -1")
                        .build();
            }
            if (target != null && sign != 1) {
                throw PlumblineException.of(StandardError.INCOMPATIBLE)
                        .asked("reward 'stroke-weight' has both a target and the sign " + sign)
                        .remedy("leave one of them out: with a target the reward is minus the squared distance to it")
                        .build();
            }
        }
    }

    private static final double TINY = 1e-6;

    private final Configuration configuration;

    @Inject
    StrokeWeight(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public String unit() {
        String unit = configuration.measure().unit;
        return configuration.target() == null ? unit : unit + " squared";
    }

    @Override
    public GraphDefinition graph(long[] imageShape) {
        if (imageShape.length != 3 || Arrays.stream(imageShape).anyMatch(size -> size < 1)) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("stroke-weight was asked to score images of " + Arrays.toString(imageShape))
                    .available("channels, height, width")
                    .build();
        }
        return new Strokes(configuration, (int) imageShape[0], (int) imageShape[1], (int) imageShape[2]);
    }

    @Override
    public WeightSource weights() {
        return WeightSource.none();
    }

    private record Strokes(Configuration configuration, int channels, int height, int width)
            implements GraphDefinition {
        @Override
        public String name() {
            return "stroke-weight";
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(new TensorSpec(IMAGE, TensorSpec.BATCH, channels, height, width));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T ink = ops.mean(Inputs.get(inputs, IMAGE), true, 1);
            T measured = switch (configuration.measure()) {
                case THICKNESS -> thickness(ops, ink);
                case INK -> ops.mean(ink, true, 1, 2, 3);
                case SLANT -> slant(ops, ink);
            };
            T perRow = ops.reshape(measured, TensorSpec.BATCH);
            Double target = configuration.target();
            if (target == null) {
                return ops.scale(perRow, configuration.sign());
            }
            T distance = ops.shift(perRow, -target);
            return ops.scale(ops.mul(distance, distance), -1);
        }

        private <T> T thickness(Ops<T> ops, T ink) {
            T padded = ops.pad2d(ink, 1, 1, 1, 1);
            T here = window(ops, padded, 0, 0);
            T right = ops.sub(window(ops, padded, 0, 1), here);
            T down = ops.sub(window(ops, padded, 1, 0), here);
            T squares = ops.add(ops.mul(right, right), ops.mul(down, down));
            T edges = ops.sum(ops.sqrt(ops.shift(squares, TINY)), true, 1, 2, 3);
            return ops.div(ops.scale(ops.sum(ink, true, 1, 2, 3), 2), edges);
        }

        /** The part of a padded image that begins at (y, x) and lacks one row and one column. */
        private <T> T window(Ops<T> ops, T padded, int y, int x) {
            return ops.slice(ops.slice(padded, 2, y, y + height + 1), 3, x, x + width + 1);
        }

        private <T> T slant(Ops<T> ops, T ink) {
            T mass = ops.shift(ops.sum(ink, true, 1, 2, 3), TINY);
            T x = ops.constant(count(width), 1, 1, 1, width);
            T y = ops.constant(count(height), 1, 1, height, 1);
            T fromX = ops.sub(x, ops.div(ops.sum(ops.mul(ink, x), true, 1, 2, 3), mass));
            T fromY = ops.sub(y, ops.div(ops.sum(ops.mul(ink, y), true, 1, 2, 3), mass));
            T inkY = ops.mul(ink, fromY);
            T both = ops.sum(ops.mul(inkY, fromX), true, 1, 2, 3);
            T vertical = ops.shift(ops.sum(ops.mul(inkY, fromY), true, 1, 2, 3), TINY);
            return ops.scale(ops.div(both, vertical), -1);
        }

        private static double[] count(int size) {
            double[] numbers = new double[size];
            for (int i = 0; i < size; i++) {
                numbers[i] = i;
            }
            return numbers;
        }
    }
}
