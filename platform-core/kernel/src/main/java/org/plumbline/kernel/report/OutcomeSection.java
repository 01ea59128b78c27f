package org.plumbline.kernel.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.EvaluationRecord;

/** The first screen: sentences, caveats, the outcome of every trial, and the rewards at equal cost. */
final class OutcomeSection {
    private static final double[] PARTS = {0.25, 0.5, 1};

    private final Results results;

    OutcomeSection(Results results) {
        this.results = results;
    }

    void write(Markup page) {
        Findings findings = new Findings(results);
        page.open("section", "id", "outcome");
        findings.headline().forEach(sentence -> page.leaf("p", sentence, "class", "finding"));
        List<String> caveats = findings.caveats();
        if (!caveats.isEmpty()) {
            page.leaf("h3", "Read with care").open("ul", "class", "caveats");
            caveats.forEach(sentence -> page.leaf("li", sentence));
            page.close();
        }
        if (!results.comparable().isEmpty()) {
            trials(page);
            equalCost(page);
        }
        page.close();
    }

    private void trials(Markup page) {
        page.leaf("h2", "Outcome");
        List<String> heads = new ArrayList<>(List.of("trial", "reward", "change"));
        results.heldOut().forEach(label -> heads.add("held out: " + label));
        boolean diversity = results.base(EvaluationRecord::diversity).known();
        if (diversity) {
            heads.add("diversity");
        }
        heads.addAll(List.of("updates", "seeds finished"));
        Table table = new Table(heads);
        for (TrialResult trial : results.trials()) {
            List<Table.Cell> cells = new ArrayList<>();
            cells.add(Table.Cell.of(trial.last(Results::reward)));
            cells.add(change(trial, Results::reward));
            results.heldOut().forEach(label -> cells.add(change(trial, Results.heldOut(label))));
            if (diversity) {
                cells.add(change(trial, EvaluationRecord::diversity));
            }
            cells.add(Table.Cell.of(updates(trial)));
            cells.add(Table.Cell.of(trial.count(SeedResult.State.FINISHED) + " of "
                    + trial.seeds().size()));
            table.row(trial.index(), trial.label(), cells);
        }
        table.write(page);
        page.leaf(
                "p",
                "Reward: " + Findings.named(results.study().trainedReward())
                        + " on the fixed evaluation prompts and noise after the last update, mean \u00b1 standard error over"
                        + " seeds. Change, also for held-out rewards and diversity: last minus first evaluation, seed by"
                        + " seed; clear means 95 % confidence over seeds (Student\u2019s t) or, with two seeds, more than"
                        + " the errors of the evaluations in both. Diversity: root mean square pixel difference between images of one prompt (0 to 1).",
                "class",
                "caption");
    }

    private static Table.Cell change(TrialResult trial, ToDoubleFunction<EvaluationRecord> value) {
        Estimate gain = trial.gain(value);
        return Table.Cell.of(Digits.change(gain.mean(), gain.error()));
    }

    private static String updates(TrialResult trial) {
        var counts =
                trial.seeds().stream().mapToLong(seed -> seed.updates().size()).summaryStatistics();
        return counts.getMin() == counts.getMax()
                ? Digits.whole(counts.getMin())
                : Digits.whole(counts.getMin()) + " to " + Digits.whole(counts.getMax());
    }

    private void equalCost(Markup page) {
        double nfe = results.commonReach(Cost::nfe);
        double seconds = results.commonReach(Cost::seconds);
        if (results.comparable().size() < 2 || nfe <= 0 || seconds <= 0) {
            return;
        }
        page.leaf("h2", "Reward at equal cost");
        List<String> heads = new ArrayList<>(List.of("trial"));
        List<List<Table.Cell>> rows = new ArrayList<>();
        results.comparable().forEach(trial -> rows.add(new ArrayList<>()));
        columns(heads, rows, Cost::nfe, nfe, spent -> Digits.value(spent) + " NFE");
        columns(heads, rows, Cost::seconds, seconds, Digits::duration);
        Table table = new Table(heads);
        for (int i = 0; i < rows.size(); i++) {
            TrialResult trial = results.comparable().get(i);
            table.row(trial.index(), trial.label(), rows.get(i));
        }
        table.write(page);
        page.leaf(
                "p",
                "A quarter, half and all of what every "
                        + (results.complete().isEmpty() ? "" : "complete ")
                        + "trial spent, read off the curves below; the highest mean of each column is bold. "
                        + CurveSection.NFE_DEFINITION,
                "class",
                "caption");
    }

    private void columns(
            List<String> heads,
            List<List<Table.Cell>> rows,
            ToDoubleFunction<Cost> cost,
            double reach,
            DoubleFunction<String> describe) {
        for (double part : PARTS) {
            double spent = part * reach;
            heads.add(describe.apply(spent));
            List<Estimate> column = results.comparable().stream()
                    .map(trial -> trial.at(spent, cost, Results::reward))
                    .toList();
            double best = column.stream()
                    .filter(Estimate::known)
                    .mapToDouble(Estimate::mean)
                    .max()
                    .orElse(Double.NaN);
            for (int i = 0; i < column.size(); i++) {
                rows.get(i)
                        .add(new Table.Cell(
                                column.get(i).toString(), column.get(i).mean() == best));
            }
        }
    }
}
