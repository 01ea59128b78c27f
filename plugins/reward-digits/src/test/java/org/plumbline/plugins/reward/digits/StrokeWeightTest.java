package org.plumbline.plugins.reward.digits;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.plugins.reward.digits.StrokeWeight.Configuration;
import org.plumbline.plugins.reward.digits.StrokeWeight.Measure;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class StrokeWeightTest {
    private static final long[] SHAPE = {1, 6, 5};
    private static final List<String> PROMPTS = List.of("one", "two");

    @Test
    void thicknessIsTwiceTheInkOverTheLengthOfAllEdges() {
        double[] image = images();
        double ink = 0;
        double edges = 0;
        for (int y = -1; y < 6; y++) {
            for (int x = -1; x < 5; x++) {
                double here = at(image, y, x);
                ink += here;
                edges += Math.sqrt(
                        Math.pow(at(image, y, x + 1) - here, 2) + Math.pow(at(image, y + 1, x) - here, 2) + 1e-6);
            }
        }
        double expected = 2 * ink / edges;
        assertEquals(expected, score(Measure.THICKNESS, 1, null).rewards()[0], 1e-12);
        assertEquals(-expected, score(Measure.THICKNESS, -1, null).rewards()[0], 1e-12);
        assertEquals(
                -(expected - 3) * (expected - 3),
                score(Measure.THICKNESS, 1, 3.0).rewards()[0],
                1e-12);
    }

    @Test
    void slantIsMinusTheSlopeOfTheRegressionOfColumnOnRow() {
        double[] image = images();
        double mass = 1e-6;
        double xm = 0;
        double ym = 0;
        for (int y = 0; y < 6; y++) {
            for (int x = 0; x < 5; x++) {
                mass += at(image, y, x);
                xm += x * at(image, y, x);
                ym += y * at(image, y, x);
            }
        }
        xm /= mass;
        ym /= mass;
        double both = 0;
        double vertical = 1e-6;
        for (int y = 0; y < 6; y++) {
            for (int x = 0; x < 5; x++) {
                both += at(image, y, x) * (x - xm) * (y - ym);
                vertical += at(image, y, x) * (y - ym) * (y - ym);
            }
        }
        assertEquals(-both / vertical, score(Measure.SLANT, 1, null).rewards()[0], 1e-12);
    }

    @Test
    void aStrokeThatLeansToTheRightHasPositiveSlant() {
        double[] diagonal = new double[60];
        for (int y = 0; y < 5; y++) {
            diagonal[y * 5 + 4 - y] = 1;
            diagonal[30 + y * 5 + y] = 1;
        }
        double[] slants = Graphs.score(reward(Measure.SLANT, 1, null), diagonal, SHAPE, PROMPTS)
                .rewards();
        assertArrayEquals(new double[] {1, -1}, slants, 1e-6);
    }

    @Test
    void inkIsTheMeanOfAllPixels() {
        double[] image = images();
        double sum = 0;
        for (int i = 0; i < 30; i++) {
            sum += image[i];
        }
        assertEquals(sum / 30, score(Measure.INK, 1, null).rewards()[0], 1e-14);
    }

    @ParameterizedTest
    @EnumSource
    void gradientsAreThoseOfFiniteDifferences(Measure measure) {
        for (Double target : new Double[] {null, 0.7}) {
            StrokeWeight reward = reward(measure, 1, target);
            double[] exact = Graphs.score(reward, images(), SHAPE, PROMPTS).gradient();
            double[] numeric = Graphs.differences(reward, images(), SHAPE, PROMPTS, 1e-6);
            assertArrayEquals(numeric, exact, 2e-8);
        }
    }

    @Test
    void aColourImageCountsAsTheMeanOfItsChannels() {
        double[] grey = images();
        double[] colour = new double[3 * 60];
        for (int row = 0; row < 2; row++) {
            for (int i = 0; i < 30; i++) {
                colour[row * 90 + i] = grey[row * 30 + i] + 0.3;
                colour[row * 90 + 30 + i] = grey[row * 30 + i] - 0.3;
                colour[row * 90 + 60 + i] = grey[row * 30 + i];
            }
        }
        assertArrayEquals(
                score(Measure.THICKNESS, 1, null).rewards(),
                Graphs.score(reward(Measure.THICKNESS, 1, null), colour, new long[] {3, 6, 5}, PROMPTS)
                        .rewards(),
                1e-12);
    }

    @Test
    void aTargetWithASignAndASignOfZeroAreRefused() {
        PlumblineException both = assertThrows(PlumblineException.class, () -> new Configuration(Measure.INK, -1, 0.5));
        assertEquals(StandardError.INCOMPATIBLE, both.code());
        PlumblineException zero = assertThrows(PlumblineException.class, () -> new Configuration(Measure.INK, 0, null));
        assertEquals(StandardError.BAD_VALUE, zero.code());
    }

    private static Graphs.Scored score(Measure measure, int sign, Double target) {
        return Graphs.score(reward(measure, sign, target), images(), SHAPE, PROMPTS);
    }

    private static StrokeWeight reward(Measure measure, int sign, Double target) {
        return new StrokeWeight(new Configuration(measure, sign, target));
    }

    private static double[] images() {
        SplittableRandom random = new SplittableRandom(42);
        double[] images = new double[60];
        for (int i = 0; i < images.length; i++) {
            images[i] = random.nextDouble(-0.1, 1.1);
        }
        return images;
    }

    private static double at(double[] image, int y, int x) {
        return y < 0 || x < 0 || y >= 6 || x >= 5 ? 0 : image[y * 5 + x];
    }
}
