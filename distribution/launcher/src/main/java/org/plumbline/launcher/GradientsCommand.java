package org.plumbline.launcher;

import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.record.Measurements;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.study.Study;
import org.plumbline.kernel.study.StudyFile;
import org.plumbline.launcher.console.Table;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.file.AtomicFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plumbline gradients}: bias, variance and cost of every estimator of a study, at fixed parameters. */
@Command(
        name = "gradients",
        description = {
            "Holds the gradients of a study's estimators against the true one, at one or several points: bias in length and"
                    + " direction, variance by step and by group of parameters, and what an accuracy costs.",
            "Writes a report, gradients.csv and gradients.json into the run's folder."
        })
final class GradientsCommand implements HostedCommand {
    private static final double MEBI = 1 << 20;
    private static final int COLUMNS = 120;

    @Parameters(paramLabel = "FILE", description = "A study file (YAML).")
    private Path file = Path.of("");

    @Option(
            names = "--replicas",
            paramLabel = "N",
            description = "Independent estimates of every estimator; default: gradients.replicas of the file.")
    private @Nullable Integer replicas;

    @Option(
            names = "--points",
            paramLabel = "NAME",
            split = ",",
            description = "Measure only at these of the file's gradients.points.")
    private @Nullable List<String> points;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Folder of the run; default: output of the file with -gradients behind it.")
    private @Nullable Path output;

    @Option(names = "--resume", description = "Continue the measurement in the output folder where it stopped.")
    private boolean resume;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all numbers into this file, too.")
    private @Nullable Path json;

    @Override
    public int run(Invocation invocation) {
        StudyFile study = StudyFile.read(invocation.find(file));
        List<String> command = new ArrayList<>(List.of("./plumbline", "gradients", file.toString()));
        if (replicas != null) {
            study = study.withReplicas(replicas);
            command.addAll(List.of("--replicas", replicas.toString()));
        }
        if (points != null) {
            study = study.withPoints(points);
            command.addAll(List.of("--points", String.join(",", points)));
        }
        return new StudyCommand.StudyRun(invocation, study, command)
                .execute(
                        output,
                        resume,
                        "-gradients",
                        (work, folder, again) -> measure(invocation, work, folder, again));
    }

    private RunFolder measure(Invocation invocation, Study study, Path folder, boolean again) {
        try {
            RunFolder run = study.measure(folder, again);
            show(run, invocation.out());
            return run;
        } catch (PlumblineException failure) {
            if (failure.code() == StandardError.INTERRUPTED) {
                show(RunFolder.open(folder), invocation.out());
            }
            throw failure;
        }
    }

    private void show(RunFolder run, PrintWriter out) {
        Measurements measured = Measurements.of(run);
        print(measured, out);
        if (json != null) {
            AtomicFile.write(json, ByteBuffer.wrap(measured.toJson()));
        }
    }

    private static void print(Measurements measured, PrintWriter out) {
        List<String> points = measured.gradients().stream()
                .map(GradientRecord::point)
                .distinct()
                .toList();
        for (String point : points) {
            List<GradientRecord> there = measured.gradients().stream()
                    .filter(line -> line.point().equals(point))
                    .toList();
            GradientRecord first = there.get(0);
            out.println();
            out.println(point + ": " + first.parameters() + " parameters, " + first.replicas() + " replicas of "
                    + first.rows() + " samples, seed " + first.seed());
            there.stream()
                    .map(line -> "truth: " + line.truth() + ", norm "
                            + pair("%.4g", line.truthNorm(), line.truthNormStandardError()))
                    .distinct()
                    .forEach(out::println);
            table(there).print(out, COLUMNS);
        }
        if (!points.isEmpty()) {
            out.println();
            out.println("""
                    BIAS, LENGTH and VARIANCE: in units of the truth's norm and its square; VARIANCE is that of one sample.
                    Z: normal deviate from no bias. FORWARD, BACKWARD: evaluations per sample. MS, MiB: of one estimate made
                    alone. xNFE, xSECONDS: variance times cost per sample; / FULL: over that of full back-propagation.""");
        }
    }

    private static Table table(List<GradientRecord> records) {
        Table table = new Table(
                "ESTIMATOR",
                "BIAS",
                "Z",
                "VERDICT",
                "LENGTH",
                "COSINE",
                "VARIANCE",
                "FORWARD",
                "BACKWARD",
                "MS",
                "MiB",
                "xNFE",
                "/ FULL",
                "xSECONDS",
                "/ FULL");
        for (GradientRecord line : records) {
            GradientRecord.Efficiency efficiency = line.efficiency();
            table.row(
                    line.trial(),
                    pair("%.3f", line.bias(), line.biasStandardError()),
                    number("%.1f", line.biasZ()),
                    line.verdict().text(),
                    pair("%.3f", line.length(), line.lengthStandardError()),
                    pair("%.3f", line.cosine(), line.cosineStandardError()),
                    pair("%.3g", line.relativeVariance(), line.varianceStandardError() / square(line.truthNorm())),
                    evaluations(line.cost().nfeForward()),
                    evaluations(line.cost().nfeBackward()),
                    number("%.3g", 1000 * line.cost().seconds()),
                    number("%.0f", line.cost().peakBytes() / MEBI),
                    number("%.3g", efficiency.varianceNfe()),
                    number("%.3g", efficiency.ratioNfe()),
                    number("%.3g", efficiency.varianceSeconds()),
                    number("%.3g", efficiency.ratioSeconds()));
        }
        return table;
    }

    private static String evaluations(double mean) {
        return number(mean == Math.rint(mean) ? "%.0f" : "%.1f", mean);
    }

    private static double square(double value) {
        return value * value;
    }

    private static String pair(String format, double value, double error) {
        return Double.isNaN(error) ? number(format, value) : number(format, value) + " +- " + number(format, error);
    }

    private static String number(String format, double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
    }
}
