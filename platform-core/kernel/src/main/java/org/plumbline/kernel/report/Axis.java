package org.plumbline.kernel.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * Maps values to positions on a picture and chooses round tick values.
 *
 * @param low smallest value shown
 * @param high largest value shown
 * @param from position of {@code low}
 * @param to position of {@code high}
 * @param logarithmic whether positions go with the logarithm
 */
record Axis(double low, double high, double from, double to, boolean logarithmic) {
    /** A linear axis that shows all finite values, with a little room around them. */
    static Axis linear(DoubleStream values, double from, double to) {
        double[] finite = finite(values);
        if (finite.length == 0) {
            return new Axis(0, 1, from, to, false);
        }
        double low = DoubleStream.of(finite).min().orElseThrow();
        double high = DoubleStream.of(finite).max().orElseThrow();
        double room = high > low ? 0.06 * (high - low) : Math.max(1e-9, 0.1 * Math.abs(low));
        return new Axis(low - room, high + room, from, to, false);
    }

    /** A linear axis from exactly zero. */
    static Axis fromZero(DoubleStream values, double from, double to) {
        double high = DoubleStream.of(finite(values)).max().orElse(1);
        return new Axis(0, high > 0 ? 1.03 * high : 1, from, to, false);
    }

    /** A linear axis for values that cannot be negative, though their error bars may reach below zero. */
    static Axis notNegative(DoubleStream values, double from, double to) {
        Axis axis = linear(values, from, to);
        return new Axis(Math.max(0, axis.low), axis.high > 0 ? axis.high : 1, from, to, false);
    }

    /** A logarithmic axis that shows all positive values. */
    static Axis logarithmic(DoubleStream values, double from, double to) {
        double[] positive =
                DoubleStream.of(finite(values)).filter(value -> value > 0).toArray();
        if (positive.length == 0) {
            return new Axis(0.1, 10, from, to, true);
        }
        double low = DoubleStream.of(positive).min().orElseThrow();
        double high = DoubleStream.of(positive).max().orElseThrow();
        // A factor of 7 in all holds two round values at least.
        double room = Math.max(Math.sqrt(Math.max(1, 7 * low / high)), Math.max(1.25, Math.pow(high / low, 0.08)));
        return new Axis(low / room, high * room, from, to, true);
    }

    private static double[] finite(DoubleStream values) {
        return values.filter(Double::isFinite).toArray();
    }

    /** Where a value lies; values outside of the axis lie at its end. */
    double at(double value) {
        double inside = Math.min(high, Math.max(low, value));
        double part = logarithmic
                ? (Math.log(inside) - Math.log(low)) / (Math.log(high) - Math.log(low))
                : (inside - low) / (high - low);
        return from + part * (to - from);
    }

    /** Round values on the axis, about {@code wanted} of them. */
    List<Double> ticks(int wanted) {
        if (logarithmic) {
            return logarithmicTicks(wanted);
        }
        double raw = (high - low) / wanted;
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        double step = power * (raw / power <= 1.5 ? 1 : raw / power <= 3 ? 2 : raw / power <= 7 ? 5 : 10);
        List<Double> ticks = new ArrayList<>();
        for (double k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
            ticks.add(k * step);
        }
        return ticks;
    }

    private List<Double> logarithmicTicks(int wanted) {
        int first = (int) Math.floor(Math.log10(low));
        int last = (int) Math.ceil(Math.log10(high));
        double decades = Math.log10(high / low);
        double[] digits = decades > 0.7 * wanted ? new double[] {1} : new double[] {1, 2, 5};
        int stride = Math.max(1, (int) Math.ceil(decades / wanted));
        List<Double> ticks = new ArrayList<>();
        for (int power = first; power <= last; power++) {
            for (double digit : digits) {
                double tick = digit * Math.pow(10, power);
                if (tick >= low && tick <= high && Math.floorMod(power, stride) == 0) {
                    ticks.add(tick);
                }
            }
        }
        return ticks;
    }

    /** Tick labels: all with the decimals that the finest needs. */
    List<String> labels(List<Double> ticks) {
        if (logarithmic || ticks.size() < 2) {
            return ticks.stream().map(tick -> Digits.significant(tick, 1)).toList();
        }
        double step = ticks.get(1) - ticks.get(0);
        int decimals = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
        if (decimals > 4 || Math.abs(high) >= 1e7) {
            return ticks.stream().map(tick -> Digits.significant(tick, 2)).toList();
        }
        return ticks.stream().map(tick -> Digits.fixed(tick, decimals)).toList();
    }
}
