package org.plumbline.kernel.report;

import java.util.Locale;

/**
 * Numbers for people: as many digits as mean something, U+2212 for minus, an en dash for what is not known.
 * A mean and its error are not parted at the end of a line.
 */
final class Digits {
    static final String UNKNOWN = "\u2013";
    private static final String PLUS_MINUS = "\u00a0\u00b1\u00a0";
    private static final String TIMES_TEN = "\u00d710^";

    private Digits() {}

    /** Three significant digits, more for large numbers, fewer for whole ones: 0.0123, 1.23, 12,345, 40; 1.23x10^-7. */
    static String value(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e6 ? fixed(value, 0) : significant(value, 3);
    }

    /** At least this many significant digits. */
    static String significant(double value, int digits) {
        if (!Double.isFinite(value)) {
            return notFinite(value);
        }
        if (value == 0) {
            return "0";
        }
        int exponent = exponent(value, digits);
        if (exponent < -4 || exponent > 8) {
            String text = String.format(Locale.ROOT, "%." + (digits - 1) + "e", value);
            int e = text.indexOf('e');
            return minus(text.substring(0, e)) + TIMES_TEN + minus("" + Integer.parseInt(text.substring(e + 1)));
        }
        return fixed(value, Math.max(0, digits - 1 - exponent));
    }

    /** This many digits after the point. */
    static String fixed(double value, int decimals) {
        if (!Double.isFinite(value)) {
            return notFinite(value);
        }
        String text = String.format(Locale.ROOT, "%,." + decimals + "f", value);
        return minus(text.matches("-[0.,]*") ? text.substring(1) : text);
    }

    /** A whole number, with commas between thousands. */
    static String whole(long value) {
        return minus(String.format(Locale.ROOT, "%,d", value));
    }

    /** Mean and standard error: the error to two significant digits, the mean to the same place. */
    static String withError(double mean, double error) {
        if (!Double.isFinite(mean) || !Double.isFinite(error) || error <= 1e-12 * Math.abs(mean)) {
            return value(mean);
        }
        int exponent = exponent(error, 2);
        int decimals = 1 - exponent;
        if (decimals > 8 || Math.abs(mean) >= 1e9 || decimals < -6) {
            return value(mean) + PLUS_MINUS + significant(error, 2);
        }
        if (decimals < 0) { // to whole tens, hundreds, ...
            double unit = Math.pow(10, -decimals);
            return fixed(Math.rint(mean / unit) * unit, 0) + PLUS_MINUS + fixed(Math.rint(error / unit) * unit, 0);
        }
        return fixed(mean, decimals) + PLUS_MINUS + fixed(error, decimals);
    }

    /** A difference: like {@link #withError}, with its sign. */
    static String change(double mean, double error) {
        return (mean > 0 ? "+" : "") + withError(mean, error);
    }

    /** Megabytes of 10^6 bytes. */
    static String megabytes(long bytes) {
        return value(bytes / 1e6) + " MB";
    }

    /** A duration: 0.12 s, 34 s, 4 min 5 s, 2 h 3 min. */
    static String duration(double seconds) {
        if (!Double.isFinite(seconds)) {
            return UNKNOWN;
        }
        if (seconds < 59.95) {
            return significant(seconds, seconds < 10 ? 2 : 3) + " s";
        }
        long whole = Math.round(seconds);
        if (whole < 3600) {
            return whole / 60 + " min" + (whole % 60 == 0 ? "" : " " + whole % 60 + " s");
        }
        long minutes = Math.round(seconds / 60);
        return minutes / 60 + " h" + (minutes % 60 == 0 ? "" : " " + minutes % 60 + " min");
    }

    /** 1 update, 2 updates. */
    static String count(long number, String noun) {
        return whole(number) + " " + noun + (number == 1 ? "" : "s");
    }

    /** The power of ten of the first digit once the value is rounded: 9.996 counts as 10 when three digits are shown. */
    private static int exponent(double value, int digits) {
        String text = String.format(Locale.ROOT, "%." + (digits - 1) + "e", value);
        return Integer.parseInt(text.substring(text.indexOf('e') + 1));
    }

    private static String notFinite(double value) {
        return Double.isNaN(value) ? UNKNOWN : value > 0 ? "\u221e" : "\u2212\u221e";
    }

    private static String minus(String text) {
        return text.startsWith("-") ? "\u2212" + text.substring(1) : text;
    }
}
