package org.plumbline.kernel.report;

import java.util.List;

/** What one update of each trial takes. */
final class CostSection {
    private final Results results;

    CostSection(Results results) {
        this.results = results;
    }

    void write(Markup page) {
        List<TrialResult> trained = results.trials().stream()
                .filter(trial ->
                        trial.seeds().stream().anyMatch(seed -> !seed.updates().isEmpty()))
                .toList();
        if (trained.isEmpty()) {
            return;
        }
        page.open("section", "id", "cost").leaf("h2", "What an update takes").open("div", "class", "charts");
        bars(page, trained, "peak memory (MB)", trial -> trial.peakBytes() / 1e6);
        bars(
                page,
                trained,
                "time per update (s)",
                trial -> trial.perUpdate(update -> update.cost().seconds()));
        page.close();
        Table table = new Table(List.of(
                "trial", "NFE", "forward", "backward", "network rows", "reward evaluations", "time", "peak memory"));
        for (TrialResult trial : trained) {
            table.row(
                    trial.index(),
                    trial.label(),
                    List.of(
                            Table.Cell.of(Digits.value(
                                    trial.perUpdate(update -> update.cost().nfe()))),
                            Table.Cell.of(Digits.value(
                                    trial.perUpdate(update -> update.cost().nfeForward()))),
                            Table.Cell.of(Digits.value(
                                    trial.perUpdate(update -> update.cost().nfeBackward()))),
                            Table.Cell.of(Digits.value(trial.perUpdate(update ->
                                    update.cost().rowsForward() + update.cost().rowsBackward()))),
                            Table.Cell.of(Digits.value(
                                    trial.perUpdate(update -> update.cost().rewardEvaluations()))),
                            Table.Cell.of(Digits.duration(
                                    trial.perUpdate(update -> update.cost().seconds()))),
                            Table.Cell.of(
                                    trial.peakBytes() > 0 ? Digits.megabytes(trial.peakBytes()) : Digits.UNKNOWN)));
        }
        table.write(page);
        page.leaf(
                "p",
                "Means over all updates; NFE, forward and backward per sample; network rows over all "
                        + Digits.count(results.study().training().batch(), "sample")
                        + ", forward and backward. Memory: the largest peak of any update (or estimate, where updates were not measured) above the model and the trained"
                        + " parameters; 1 MB is 10\u2076 bytes.",
                "class",
                "caption");
        page.close();
    }

    private static void bars(
            Markup page,
            List<TrialResult> trials,
            String title,
            java.util.function.ToDoubleFunction<TrialResult> value) {
        List<DotChart.Row> rows = trials.stream()
                .filter(trial -> value.applyAsDouble(trial) > 0)
                .map(trial -> new DotChart.Row(
                        trial.index(),
                        trial.label(),
                        value.applyAsDouble(trial),
                        Double.NaN,
                        Digits.value(value.applyAsDouble(trial))))
                .toList();
        if (!rows.isEmpty()) {
            new DotChart(title, title, DotChart.Scale.BARS_FROM_ZERO, rows, Double.NaN).write(page);
        }
    }
}
