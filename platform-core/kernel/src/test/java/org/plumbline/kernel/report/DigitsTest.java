package org.plumbline.kernel.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DigitsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "-0.0, 0",
        "40, 40",
        "-3, \u22123",
        "12345, '12,345'",
        "1.23456, 1.23",
        "9.996, 10.0",
        "0.012345, 0.0123",
        "123.456, 123",
        "-0.5, \u22120.500",
        "0.0000001234, 1.23\u00d710^\u22127",
        "2.5e12, 2.50\u00d710^12",
        "NaN, \u2013",
        "-Infinity, \u2212\u221e"
    })
    void valuesHaveThreeMeaningfulDigits(double value, String shown) {
        assertEquals(shown, Digits.value(value));
    }

    @ParameterizedTest
    @CsvSource({
        "3.14159, 0.0123, 3.142 \u00b1 0.012",
        "3.14159, 0.12, 3.14 \u00b1 0.12",
        "-54.513, 0.099, \u221254.513 \u00b1 0.099",
        "12.34, 0.0996, 12.34 \u00b1 0.10",
        "12.34, 3.7, 12.3 \u00b1 3.7",
        "12.34, 37, 12 \u00b1 37",
        "12345, 678, '12,340 \u00b1 680'",
        "0.001, 0.01, 0.001 \u00b1 0.010",
        "5, NaN, 5",
        "5.25, 0, 5.25",
        "NaN, 0.1, \u2013"
    })
    void aMeanIsShownToThePlaceOfItsErrorsSecondDigit(double mean, double error, String shown) {
        assertEquals(shown, Digits.withError(mean, error).replace('\u00a0', ' '));
    }

    @ParameterizedTest
    @CsvSource({
        "0.0123, 0.012 s",
        "2.345, 2.3 s",
        "34.56, 34.6 s",
        "59.97, 1 min",
        "61, 1 min 1 s",
        "3599.7, 1 h",
        "7380, 2 h 3 min",
        "NaN, \u2013"
    })
    void durationsAreInTheUnitThatSuitsThem(double seconds, String shown) {
        assertEquals(shown, Digits.duration(seconds));
    }

    @Test
    void numbersDoNotFollowTheReadersCountry() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            assertEquals("1.50\u00a0\u00b1\u00a00.25", Digits.withError(1.5, 0.25));
            assertEquals("12,345.68", Digits.fixed(12345.678, 2));
            assertEquals("90.4 MB", Digits.megabytes(90_400_000));
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void changesCarryTheirSignAndNounsTheirNumber() {
        assertEquals("+1.50\u00a0\u00b1\u00a00.25", Digits.change(1.5, 0.25));
        assertEquals("\u22121.50\u00a0\u00b1\u00a00.25", Digits.change(-1.5, 0.25));
        assertEquals("1 update", Digits.count(1, "update"));
        assertEquals("9,216 parameters", Digits.count(9216, "parameter"));
    }
}
