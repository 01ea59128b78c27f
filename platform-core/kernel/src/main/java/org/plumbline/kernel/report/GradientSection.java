package org.plumbline.kernel.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.plumbline.kernel.record.CheckRecord;
import org.plumbline.kernel.record.GradientRecord;

/** Estimators held against the true gradient at fixed parameters. */
final class GradientSection {
    private final Results results;

    GradientSection(Results results) {
        this.results = results;
    }

    void write(Markup page) {
        if (results.gradients().isEmpty() && results.checks().isEmpty()) {
            return;
        }
        page.open("section", "id", "gradients").leaf("h2", "Gradients against the truth");
        for (String point : results.gradients().stream()
                .map(GradientRecord::point)
                .distinct()
                .toList()) {
            List<GradientRecord> there = results.gradients().stream()
                    .filter(gradient -> gradient.point().equals(point))
                    .toList();
            page.leaf("h3", point);
            table(page, there);
            charts(page, there);
            page.leaf("p", caption(there), "class", "caption");
        }
        checks(page);
        page.close();
    }

    /** The truth, held against something else. */
    private void checks(Markup page) {
        if (results.checks().isEmpty()) {
            return;
        }
        page.leaf("h3", "Checks of the truth itself").open("ul", "class", "caveats");
        for (CheckRecord check : results.checks()) {
            page.leaf(
                    "li",
                    check.point() + ", " + check.name() + ": " + Digits.significant(check.expected(), 5) + " and "
                            + Digits.significant(check.found(), 5) + ", "
                            + Digits.significant(100 * check.relativeDifference(), 2) + " % apart.");
        }
        page.close();
    }

    private void table(Markup page, List<GradientRecord> gradients) {
        Table table = new Table(List.of(
                "trial",
                "bias",
                "z",
                "cosine",
                "variance",
                "variance \u00d7 NFE",
                "NFE",
                "forward",
                "backward",
                "time",
                "memory"));
        double best = gradients.stream()
                .filter(gradient -> !(Math.abs(gradient.biasZ()) > 3))
                .mapToDouble(GradientSection::variancePerCost)
                .min()
                .orElse(Double.NaN);
        for (GradientRecord gradient : gradients) {
            table.row(
                    index(gradient),
                    gradient.trial(),
                    List.of(
                            new Table.Cell(
                                    Digits.withError(gradient.bias(), gradient.biasStandardError()),
                                    Math.abs(gradient.biasZ()) > 3),
                            Table.Cell.of(Digits.fixed(gradient.biasZ(), 1)),
                            Table.Cell.of(Digits.withError(gradient.cosine(), gradient.cosineStandardError())),
                            Table.Cell.of(Digits.value(gradient.relativeVariance())),
                            new Table.Cell(Digits.value(variancePerCost(gradient)), variancePerCost(gradient) == best),
                            Table.Cell.of(Digits.value(gradient.cost().nfe())),
                            Table.Cell.of(Digits.value(gradient.cost().nfeForward())),
                            Table.Cell.of(Digits.value(gradient.cost().nfeBackward())),
                            Table.Cell.of(Digits.duration(gradient.cost().seconds())),
                            Table.Cell.of(
                                    gradient.cost().peakBytes() > 0
                                            ? Digits.megabytes(gradient.cost().peakBytes())
                                            : Digits.UNKNOWN)));
        }
        table.write(page);
    }

    private void charts(Markup page, List<GradientRecord> gradients) {
        page.open("div", "class", "charts");
        chart(
                page,
                gradients,
                "bias (|mean \u2212 truth| / |truth|)",
                DotChart.Scale.NOT_NEGATIVE,
                0,
                GradientRecord::bias,
                GradientRecord::biasStandardError,
                gradient -> Math.abs(gradient.biasZ()) > 3 ? "biased" : "");
        chart(
                page,
                gradients,
                "cosine of the mean to the truth",
                DotChart.Scale.LINEAR,
                1,
                GradientRecord::cosine,
                GradientRecord::cosineStandardError,
                gradient -> "");
        chart(
                page,
                gradients,
                "variance per sample / |truth|\u00b2 (log scale)",
                DotChart.Scale.LOGARITHMIC,
                Double.NaN,
                GradientRecord::relativeVariance,
                gradient -> Double.NaN,
                gradient -> "");
        chart(
                page,
                gradients,
                "variance \u00d7 cost (NFE, log scale)",
                DotChart.Scale.LOGARITHMIC,
                Double.NaN,
                GradientSection::variancePerCost,
                gradient -> Double.NaN,
                gradient -> "");
        page.close();
    }

    private void chart(
            Markup page,
            List<GradientRecord> gradients,
            String title,
            DotChart.Scale scale,
            double reference,
            ToDoubleFunction<GradientRecord> value,
            ToDoubleFunction<GradientRecord> error,
            Function<GradientRecord, String> text) {
        List<DotChart.Row> rows = new ArrayList<>();
        for (GradientRecord gradient : gradients) {
            rows.add(new DotChart.Row(
                    index(gradient),
                    gradient.trial(),
                    value.applyAsDouble(gradient),
                    error.applyAsDouble(gradient),
                    text.apply(gradient)));
        }
        new DotChart(title, title, scale, rows, reference).write(page);
    }

    private String caption(List<GradientRecord> gradients) {
        String truths = gradients.stream()
                .map(gradient -> gradient.truth() + ", norm " + Digits.value(gradient.truthNorm()))
                .distinct()
                .collect(Collectors.joining("; "));
        String replicas = gradients.stream()
                .map(gradient -> gradient.replicas() + " replicas of " + Digits.count(gradient.rows(), "sample"))
                .distinct()
                .collect(Collectors.joining("; "));
        return "Truth: " + truths + ". Each estimator: " + replicas
                + ". Bias: distance of the mean estimate from the truth, the noise of both removed, in units of the truth\u2019s"
                + " norm; bold where z, its distance from no bias in standard errors, exceeds 3. Variance: that of an"
                + " estimate from one sample, over the truth\u2019s squared norm; times NFE, what equal accuracy"
                + " costs, bias not counted (bold: the least without a certain bias). NFE, time and memory: of one estimate, NFE per sample.";
    }

    /** Replicas average over samples, so the cost of a given variance goes with variance times cost per sample. */
    private static double variancePerCost(GradientRecord gradient) {
        return gradient.relativeVariance() * gradient.cost().nfe();
    }

    private int index(GradientRecord gradient) {
        return results.trials().stream()
                .filter(trial -> trial.label().equals(gradient.trial()))
                .mapToInt(TrialResult::index)
                .findFirst()
                .orElse(results.trials().size() + results.gradients().indexOf(gradient));
    }
}
