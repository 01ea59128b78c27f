package org.plumbline.kernel.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.UpdateRecord;

/** Curves over cost and time: the trained reward, held-out rewards, diversity, and what the updates themselves saw. */
final class CurveSection {
    static final String NFE_DEFINITION =
            "NFE counts denoiser evaluations per sample, forward + " + Digits.value(Cost.BACKWARD_WEIGHT)
                    + " \u00d7 backward: a vector-Jacobian product is taken to cost two forward evaluations, and the forward"
                    + " half of a replayed step is counted as forward.";

    private final Results results;
    private final Scale nfe;
    private final Scale time;

    /** A measure of cost, in the unit that suits its size. */
    private record Scale(String title, String unit, double one, ToDoubleFunction<Cost> cost) {
        double of(Cost spent) {
            return cost.applyAsDouble(spent) / one;
        }
    }

    CurveSection(Results results) {
        this.results = results;
        this.nfe = new Scale("cost per sample (NFE)", "NFE", 1, Cost::nfe);
        double longest = results.comparable().stream()
                .flatMap(trial -> trial.comparable().stream())
                .mapToDouble(seed -> seed.reach(Cost::seconds))
                .max()
                .orElse(0);
        this.time = longest > 3 * 3600
                ? new Scale("training time (h)", "h", 3600, Cost::seconds)
                : longest > 180
                        ? new Scale("training time (min)", "min", 60, Cost::seconds)
                        : new Scale("training time (s)", "s", 1, Cost::seconds);
    }

    void write(Markup page) {
        if (results.comparable().isEmpty()) {
            return;
        }
        String reward = Findings.named(results.study().trainedReward());
        page.open("section", "id", "curves").leaf("h2", "Reward against cost").open("div", "class", "charts");
        chart(page, reward, nfe, Results::reward);
        chart(page, reward, time, Results::reward);
        page.close();
        page.leaf("p", caption(), "class", "caption");
        List<String> heldOut = results.heldOut();
        boolean diversity = results.base(EvaluationRecord::diversity).known();
        if (!heldOut.isEmpty() || diversity) {
            page.leaf("h2", "Not trained: held-out rewards" + (diversity ? " and diversity" : ""));
            page.open("div", "class", "charts");
            for (String label : heldOut) {
                String unit = results.unit(label);
                chart(page, unit.isEmpty() ? label : label + " (" + unit + ")", nfe, Results.heldOut(label));
            }
            if (diversity) {
                chart(page, "diversity (RMS pixel difference)", nfe, EvaluationRecord::diversity);
            }
            page.close();
        }
        updates(page);
        page.close();
    }

    private String caption() {
        int seeds = results.study().seeds().size();
        String band = seeds == 1
                ? "One seed, so no band."
                : "Lines: mean over seeds, at equal cost, as far as all seeds of the trial came; band: \u00b1 1 standard error;"
                        + " faint: each seed.";
        return band + " " + NFE_DEFINITION + " Time: training without evaluations, on "
                + Digits.count(results.study().environment().cores(), "core")
                + (results.atOnce() > 1 ? ", shared by up to " + results.atOnce() + " trials at a time." : ".");
    }

    private void chart(Markup page, String y, Scale scale, ToDoubleFunction<EvaluationRecord> value) {
        List<LineChart.Line> lines = new ArrayList<>();
        for (TrialResult trial : results.comparable()) {
            lines.add(new LineChart.Line(
                    trial.index(), trial.label(), mean(trial, scale, value), faint(trial, scale, value)));
        }
        double base = results.base(value).mean();
        new LineChart(y + " against " + scale.title(), scale.title(), y, lines, base, "base model").write(page);
    }

    /** The mean at the mean cost of each evaluation, and where the first seed ends. */
    private static List<LineChart.Point> mean(
            TrialResult trial, Scale scale, ToDoubleFunction<EvaluationRecord> value) {
        List<SeedResult> seeds = trial.comparable();
        double reach = trial.reach(scale::of);
        int evaluations =
                seeds.stream().mapToInt(seed -> seed.evaluations().size()).min().orElse(0);
        List<LineChart.Point> points = new ArrayList<>();
        for (int k = 0; k < evaluations; k++) {
            int place = k;
            double x = seeds.stream()
                    .mapToDouble(seed -> scale.of(seed.evaluations().get(place).spent()))
                    .average()
                    .orElse(0);
            points.add(point(trial, Math.min(x, reach), scale, value));
        }
        if (points.isEmpty() || points.get(points.size() - 1).x() < reach) {
            points.add(point(trial, reach, scale, value));
        }
        return points;
    }

    private static LineChart.Point point(
            TrialResult trial, double x, Scale scale, ToDoubleFunction<EvaluationRecord> value) {
        Estimate estimate = trial.at(x, scale::of, value);
        String says = trial.label() + " at " + Digits.value(x) + " " + scale.unit() + ": " + estimate
                + (estimate.count() > 1 ? " (" + estimate.count() + " seeds)" : "");
        return new LineChart.Point(x, estimate.mean(), estimate.error(), says);
    }

    private static List<List<LineChart.Point>> faint(
            TrialResult trial, Scale scale, ToDoubleFunction<EvaluationRecord> value) {
        if (trial.seeds().size() == 1) {
            return List.of();
        }
        return trial.comparable().stream()
                .map(seed -> seed.evaluations().stream()
                        .map(evaluation -> new LineChart.Point(
                                scale.of(evaluation.spent()), value.applyAsDouble(evaluation), Double.NaN, ""))
                        .toList())
                .toList();
    }

    /** What the updates themselves saw: noisier than evaluations, but there for every update. */
    private void updates(Markup page) {
        page.open("details").leaf("summary", "What the updates saw: reward of their samples, gradient norm");
        page.open("div", "class", "charts");
        updateChart(page, Findings.named(results.study().trainedReward()) + ", samples", UpdateRecord::reward);
        updateChart(page, "gradient norm before clipping, log10", update -> Math.log10(update.gradientNorm()));
        page.close();
        page.leaf(
                "p",
                "Mean over seeds of the running mean over 5 updates, at every update that all seeds made.",
                "class",
                "caption");
        page.close();
    }

    private void updateChart(Markup page, String y, ToDoubleFunction<UpdateRecord> value) {
        List<LineChart.Line> lines = new ArrayList<>();
        for (TrialResult trial : results.trials()) {
            List<SeedResult> seeds = trial.seeds().stream()
                    .filter(seed -> !seed.updates().isEmpty())
                    .toList();
            int common =
                    seeds.stream().mapToInt(seed -> seed.updates().size()).min().orElse(0);
            int stride = Math.max(1, common / 60);
            List<LineChart.Point> points = new ArrayList<>();
            for (int k = 0; k < common; k++) {
                int last = k;
                Estimate mean = Estimate.of(seeds.stream()
                        .mapToDouble(seed -> seed.updates().subList(Math.max(0, last - 4), last + 1).stream()
                                .mapToDouble(value)
                                .average()
                                .orElse(Double.NaN)));
                if (mean.known() && (k % stride == 0 || k == common - 1)) {
                    points.add(new LineChart.Point(k + 1, mean.mean(), mean.error(), ""));
                }
            }
            lines.add(new LineChart.Line(trial.index(), trial.label(), points, List.of()));
        }
        new LineChart(y + " by update", "update", y, lines, Double.NaN, "").write(page);
    }
}
