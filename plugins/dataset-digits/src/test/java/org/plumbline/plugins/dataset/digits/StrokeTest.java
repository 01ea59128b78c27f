package org.plumbline.plugins.dataset.digits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrokeTest {
    private static final int SIDE = 64;

    @ParameterizedTest
    @CsvSource({"2, 40", "3, 40", "4, 50", "6, 50"})
    void anUprightBarHasTheThicknessOfItsAreaOverHalfItsPerimeter(int width, int length) {
        double[] ink = bar(width, length, 0);
        // Every edge pixel contributes 1, but of the two differences at the inner corner only the diagonal counts,
        // once.
        double perimeter = 2.0 * (width + length) - 2 + Math.sqrt(2);
        double quiet = ((SIDE + 1) * (SIDE + 1) - (2 * (width + length) - 1)) * 1e-3;
        double expected = 2.0 * width * length / (perimeter + quiet);
        assertEquals(expected, Stroke.of(ink, SIDE, SIDE).thickness(), 1e-4);
    }

    @Test
    void aBarTwiceAsWideIsAlmostTwiceAsThick() {
        double thin = Stroke.of(bar(2, 60, 0), SIDE, SIDE).thickness();
        double bold = Stroke.of(bar(4, 60, 0), SIDE, SIDE).thickness();
        assertEquals(2, bold / thin, 0.1);
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.5, -0.2, 0, 0.1, 0.3, 0.6})
    void aShearedBarHasTheSlantOfItsShear(double shear) {
        assertEquals(shear, Stroke.of(bar(3, 40, shear), SIDE, SIDE).slant(), 2e-3);
    }

    @Test
    void slantDoesNotDependOnPlaceOrAmountOfInk() {
        double[] ink = bar(3, 30, 0.3);
        double[] moved = new double[ink.length];
        for (int y = 0; y < SIDE - 5; y++) {
            for (int x = 4; x < SIDE; x++) {
                moved[(y + 5) * SIDE + x - 4] = 0.5 * ink[y * SIDE + x];
            }
        }
        assertEquals(
                Stroke.of(ink, SIDE, SIDE).slant(), Stroke.of(moved, SIDE, SIDE).slant(), 1e-5);
    }

    @Test
    void anEmptyImageHasFiniteMeasures() {
        Stroke empty = Stroke.of(new double[SIDE * SIDE], SIDE, SIDE);
        assertEquals(0, empty.thickness(), 1e-12);
        assertEquals(0, empty.slant(), 1e-12);
    }

    @Test
    void aFullImageIsMeasuredUpToItsBorder() {
        double[] full = new double[SIDE * SIDE];
        java.util.Arrays.fill(full, 1);
        double thickness = Stroke.of(full, SIDE, SIDE).thickness();
        assertTrue(
                thickness > 0.45 * SIDE && thickness < 0.55 * SIDE, "area over half the perimeter, was " + thickness);
    }

    /** A bar in the middle whose rows are moved to the right in proportion to their height, with partly covered pixels. */
    private static double[] bar(double width, int length, double shear) {
        double[] ink = new double[SIDE * SIDE];
        int top = (SIDE - length) / 2;
        for (int y = top; y < top + length; y++) {
            double left = SIDE / 2.0 - width / 2 - shear * (y - (SIDE - 1) / 2.0);
            if (width == Math.rint(width) && shear == 0) {
                left = Math.rint(left);
            }
            for (int x = 0; x < SIDE; x++) {
                ink[y * SIDE + x] = Math.max(0, Math.min(left + width, x + 1) - Math.max(left, x));
            }
        }
        return ink;
    }
}
