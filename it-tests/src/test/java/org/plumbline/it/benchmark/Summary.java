package org.plumbline.it.benchmark;

import java.util.List;
import java.util.stream.Stream;

/** All readings of one method. Times are in seconds. */
final class Summary {
    private final List<Reading> readings;

    Summary(List<Reading> readings) {
        this.readings = List.copyOf(readings);
    }

    Reading first() {
        return readings.get(0);
    }

    double leastWall() {
        return walls().min().orElseThrow();
    }

    double medianWall() {
        return median(walls());
    }

    double leastCpu() {
        return cpus().min().orElseThrow();
    }

    double medianCpu() {
        return median(cpus());
    }

    /** Bytes; the median over processes. */
    double memory() {
        return median(readings.stream().mapToDouble(reading -> (double) reading.memory()));
    }

    /** Bytes of the device; the median over processes. */
    double deviceMemory() {
        return median(readings.stream().mapToDouble(reading -> (double) reading.deviceMemory()));
    }

    /** Part of an update's wall time that its copies between Java and the device take alone. */
    double transferShare() {
        return median(readings.stream().mapToDouble(Reading::transfers)) / medianWall();
    }

    private java.util.stream.DoubleStream walls() {
        return flat(readings.stream().map(Reading::wall));
    }

    private java.util.stream.DoubleStream cpus() {
        return flat(readings.stream().map(Reading::cpu));
    }

    private static java.util.stream.DoubleStream flat(Stream<List<Double>> lists) {
        return lists.flatMap(List::stream).mapToDouble(Double::doubleValue);
    }

    private static double median(java.util.stream.DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
