package org.plumbline.kernel.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;
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
            accuracy(page, there);
            cost(page, there);
            charts(page, there);
            page.leaf("p", caption(there), "class", "caption");
            groups(page, there);
        }
        series(page);
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

    private void accuracy(Markup page, List<GradientRecord> gradients) {
        Table table = new Table(List.of("trial", "bias", "z", "verdict", "length", "cosine"));
        for (GradientRecord gradient : gradients) {
            boolean biased = gradient.verdict().certainlyBiased();
            table.row(
                    index(gradient),
                    gradient.trial(),
                    List.of(
                            new Table.Cell(Digits.withError(gradient.bias(), gradient.biasStandardError()), biased),
                            Table.Cell.of(Digits.fixed(gradient.biasZ(), 1)),
                            new Table.Cell(gradient.verdict().text(), biased),
                            Table.Cell.of(Digits.withError(gradient.length(), gradient.lengthStandardError())),
                            Table.Cell.of(Digits.withError(gradient.cosine(), gradient.cosineStandardError()))));
        }
        table.write(page);
    }

    private void cost(Markup page, List<GradientRecord> gradients) {
        Table table = new Table(List.of(
                "trial",
                "variance",
                "NFE",
                "forward",
                "backward",
                "time",
                "memory",
                "variance \u00d7 NFE",
                "\u00f7 full BP",
                "variance \u00d7 time (s)",
                "\u00f7 full BP"));
        double best = gradients.stream()
                .filter(gradient -> !gradient.verdict().certainlyBiased())
                .mapToDouble(gradient -> gradient.efficiency().varianceNfe())
                .min()
                .orElse(Double.NaN);
        for (GradientRecord gradient : gradients) {
            GradientRecord.Efficiency efficiency = gradient.efficiency();
            table.row(
                    index(gradient),
                    gradient.trial(),
                    List.of(
                            Table.Cell.of(Digits.withError(gradient.relativeVariance(), relativeError(gradient))),
                            Table.Cell.of(Digits.value(gradient.cost().nfe())),
                            Table.Cell.of(Digits.value(gradient.cost().nfeForward())),
                            Table.Cell.of(Digits.value(gradient.cost().nfeBackward())),
                            Table.Cell.of(Digits.duration(gradient.cost().seconds())),
                            Table.Cell.of(
                                    gradient.cost().peakBytes() > 0
                                            ? Digits.megabytes(gradient.cost().peakBytes())
                                            : Digits.UNKNOWN),
                            new Table.Cell(
                                    Digits.significant(efficiency.varianceNfe(), 3), efficiency.varianceNfe() == best),
                            Table.Cell.of(Digits.significant(efficiency.ratioNfe(), 3)),
                            Table.Cell.of(Digits.significant(efficiency.varianceSeconds(), 3)),
                            Table.Cell.of(Digits.significant(efficiency.ratioSeconds(), 3))));
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
                gradient -> gradient.verdict().certainlyBiased() ? "biased" : "");
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
                "length of the mean / length of the truth",
                DotChart.Scale.LINEAR,
                1,
                GradientRecord::length,
                GradientRecord::lengthStandardError,
                gradient -> "");
        scatter(
                page,
                gradients,
                "NFE per sample",
                gradient -> gradient.cost().nfe(),
                gradient -> gradient.efficiency().varianceNfe());
        scatter(
                page,
                gradients,
                "seconds per sample",
                gradient -> gradient.cost().seconds() / gradient.rows(),
                gradient -> gradient.efficiency().varianceSeconds());
        steps(page, gradients);
        page.close();
    }

    /** Lines of equal product are lines of equal cost of an accuracy. */
    private void scatter(
            Markup page,
            List<GradientRecord> gradients,
            String unit,
            ToDoubleFunction<GradientRecord> cost,
            ToDoubleFunction<GradientRecord> product) {
        String title = "variance of one sample / |truth|\u00b2, against " + unit;
        List<ScatterChart.Series> series = gradients.stream()
                .map(gradient -> new ScatterChart.Series(
                        index(gradient),
                        gradient.trial(),
                        List.of(new ScatterChart.Point(
                                cost.applyAsDouble(gradient),
                                gradient.relativeVariance(),
                                relativeError(gradient),
                                gradient.trial() + ": product "
                                        + Digits.significant(product.applyAsDouble(gradient), 3)))))
                .toList();
        new ScatterChart(title, unit, "variance of one sample / |truth|\u00b2", series, true).write(page);
    }

    private void steps(Markup page, List<GradientRecord> gradients) {
        List<GradientRecord> resolved = gradients.stream()
                .filter(gradient -> gradient.steps().size() > 1)
                .toList();
        if (resolved.isEmpty()) {
            return;
        }
        String time = "time of the network (noise at the right, image at the left)";
        String variance = "log10 variance of each step\u2019s part / |truth|\u00b2";
        new LineChart(
                        variance,
                        time,
                        variance,
                        lines(
                                gradients,
                                (gradient, step) -> step.variance() > 0 ? Math.log10(step.variance()) : Double.NaN,
                                (gradient, step) -> 0),
                        Double.NaN,
                        "")
                .write(page);
        String share = "share of the variance that comes with each step";
        new LineChart(
                        share,
                        time,
                        share,
                        lines(
                                resolved,
                                (gradient, step) -> step.covariance() / gradient.relativeVariance(),
                                (gradient, step) -> step.standardError() / gradient.relativeVariance()),
                        0,
                        "none")
                .write(page);
    }

    private List<LineChart.Line> lines(
            List<GradientRecord> gradients,
            ToDoubleBiFunction<GradientRecord, GradientRecord.Step> value,
            ToDoubleBiFunction<GradientRecord, GradientRecord.Step> error) {
        return gradients.stream()
                .map(gradient -> new LineChart.Line(
                        index(gradient),
                        gradient.trial(),
                        gradient.steps().stream()
                                .sorted(Comparator.comparingDouble(GradientRecord.Step::time))
                                .map(step -> new LineChart.Point(
                                        step.time(),
                                        value.applyAsDouble(gradient, step),
                                        error.applyAsDouble(gradient, step),
                                        gradient.trial() + " at " + Digits.value(step.time()) + ": "
                                                + Digits.withError(step.covariance(), step.standardError())))
                                .toList(),
                        List.of()))
                .toList();
    }

    /** Which parameters the noise is in; shaded by their share of an estimator's variance. */
    private static void groups(Markup page, List<GradientRecord> gradients) {
        List<GradientRecord.Group> names = gradients.get(0).groups();
        if (names.size() < 2) {
            return;
        }
        List<String> columns = new ArrayList<>(List.of("numbers", "truth"));
        gradients.forEach(gradient -> columns.add(gradient.trial()));
        List<HeatTable.Row> rows = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            GradientRecord.Group name = names.get(i);
            List<HeatTable.Cell> cells = new ArrayList<>();
            cells.add(new HeatTable.Cell(Digits.whole(name.parameters()), 0));
            cells.add(new HeatTable.Cell(Digits.significant(name.truthNorm(), 2), name.truthNorm() * name.truthNorm()));
            for (GradientRecord gradient : gradients) {
                double variance = gradient.groups().get(i).variance();
                cells.add(new HeatTable.Cell(Digits.significant(variance, 2), variance / gradient.relativeVariance()));
            }
            rows.add(new HeatTable.Row(name.name(), cells));
        }
        page.open("details", "open", "").leaf("summary", "Variance by group of parameters");
        new HeatTable("group", columns, rows).write(page);
        page.leaf(
                "p",
                "Truth: length of the true gradient in the group over its whole length. Then the variance of each"
                        + " estimator in the group, for one sample, over |truth|\u00b2; a column adds up to the variance"
                        + " above. The shade is the group\u2019s share of its column.",
                "class",
                "caption");
        page.close();
    }

    /** Zeroth-order noise against the number of parameters, where an estimator was measured on different numbers of them. */
    private void series(Markup page) {
        Map<String, List<GradientRecord>> byTrial = results.gradients().stream()
                .filter(gradient -> gradient.unresolved().variance() > 0)
                .sorted(Comparator.comparingInt(GradientRecord::parameters))
                .collect(Collectors.groupingBy(GradientRecord::trial, LinkedHashMap::new, Collectors.toList()));
        List<ScatterChart.Series> series = new ArrayList<>();
        byTrial.forEach((trial, sizes) -> {
            if (sizes.stream().mapToInt(GradientRecord::parameters).distinct().count() > 1) {
                List<ScatterChart.Point> points = sizes.stream()
                        .map(gradient -> new ScatterChart.Point(
                                gradient.parameters(),
                                gradient.unresolved().variance(),
                                gradient.unresolved().standardError(),
                                gradient.point()))
                        .toList();
                series.add(new ScatterChart.Series(index(sizes.get(0)), trial, points));
            }
        });
        if (series.isEmpty()) {
            return;
        }
        page.leaf("h3", "Zeroth-order noise and the number of parameters").open("div", "class", "charts");
        String y = "variance of the zeroth-order part / |truth|\u00b2";
        new ScatterChart(y, "perturbed parameters", y, series, false).write(page);
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
                .map(gradient -> gradient.truth() + ", norm "
                        + Digits.withError(gradient.truthNorm(), gradient.truthNormStandardError()))
                .distinct()
                .collect(Collectors.joining("; "));
        String replicas = gradients.stream()
                .map(gradient -> gradient.replicas() + " replicas of " + Digits.count(gradient.rows(), "sample"))
                .distinct()
                .collect(Collectors.joining("; "));
        String zeroth = gradients.stream()
                .filter(gradient -> gradient.unresolved().variance() > 0)
                .map(gradient -> gradient.trial() + " "
                        + Digits.significant(100 * gradient.unresolved().covariance() / gradient.relativeVariance(), 2)
                        + " %")
                .collect(Collectors.joining(", "));
        return "Truth: " + truths + ". Each estimator: " + replicas
                + ". Bias: distance of the mean estimate from the truth, the noise of both removed, in units of the truth\u2019s"
                + " norm; z is its distance from no bias as a normal deviate, and beyond 3 it is certain. Length and cosine:"
                + " what the bias consists of. Variance: that of an estimate from one sample, over the truth\u2019s squared"
                + " norm; times NFE or time per sample, what equal accuracy costs, bias not counted (bold: the least without a"
                + " certain bias), and that over full back-propagation\u2019s. Dotted lines: equal cost of an accuracy. NFE"
                + " per sample; time and memory of one estimate made alone. Steps: what each evaluation of the network adds"
                + " to the gradient"
                + (zeroth.isEmpty()
                        ? "."
                        : "; parts of the variance that belong to no step, as zeroth-order terms do: " + zeroth + ".");
    }

    private static double relativeError(GradientRecord gradient) {
        return gradient.varianceStandardError() / (gradient.truthNorm() * gradient.truthNorm());
    }

    private int index(GradientRecord gradient) {
        return results.trials().stream()
                .filter(trial -> trial.label().equals(gradient.trial()))
                .mapToInt(TrialResult::index)
                .findFirst()
                .orElse(results.trials().size() + results.gradients().indexOf(gradient));
    }
}
