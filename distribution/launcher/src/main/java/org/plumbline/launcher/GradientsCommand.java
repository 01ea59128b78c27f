package org.plumbline.launcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.study.Study;
import org.plumbline.kernel.study.StudyFile;
import org.plumbline.kernel.study.StudyPlan;
import org.plumbline.launcher.console.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plumbline gradients}: bias, variance and cost of every estimator of a study, at fixed parameters. */
@Command(
        name = "gradients",
        description = "Holds the gradients of a study's estimators against the true one: bias with its standard error,"
                + " variance, cosine, network evaluations, memory, time.")
final class GradientsCommand implements HostedCommand {
    private static final double MEBI = 1 << 20;

    @Parameters(paramLabel = "FILE", description = "A study file (YAML).")
    private Path file = Path.of("");

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public int run(Invocation invocation) throws JsonProcessingException {
        StudyPlan plan = StudyPlan.of(
                invocation.study(),
                StudyFile.read(invocation.find(file)),
                List.of("./plumbline", "gradients", file.toString()));
        List<GradientRecord> records = new Study(invocation.study(), plan).gradients();
        if (json) {
            invocation
                    .out()
                    .println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(records));
            return 0;
        }
        Table table = new Table(
                "ESTIMATOR", "BIAS", "+-", "Z", "COSINE", "VARIANCE/|g|^2", "FORWARD", "BACKWARD", "MiB", "SECONDS");
        for (GradientRecord line : records) {
            table.row(
                    line.trial(),
                    number("%.3f", line.bias()),
                    number("%.3f", line.biasStandardError()),
                    number("%.1f", line.biasZ()),
                    number("%.3f", line.cosine()),
                    number("%.3g", line.relativeVariance()),
                    number("%.0f", line.cost().nfeForward()),
                    number("%.0f", line.cost().nfeBackward()),
                    number("%.0f", line.cost().peakBytes() / MEBI),
                    number("%.2f", line.cost().seconds()));
        }
        table.print(invocation.out());
        if (!records.isEmpty()) {
            GradientRecord first = records.get(0);
            invocation
                    .out()
                    .println("Bias relative to the true gradient, its standard error, and its z-score: beyond 3 it is"
                            + " real. Variance of one sample. " + first.replicas() + " replicas of " + first.rows()
                            + " samples; forward and backward evaluations per sample.");
        }
        return 0;
    }

    private static String number(String format, double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
    }
}
