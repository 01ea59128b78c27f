package org.plumbline.kernel.study;

import java.util.LinkedHashMap;
import java.util.Map;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.record.Cost;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.meter.ResidentMemory;

/**
 * One estimate of every trial, one at a time, before the study: what it costs, how much memory it takes at most, and with
 * that how long the study will take. It also finds what only shows when something runs.
 */
record Calibration(Map<String, Cost> updates, double evaluationSeconds) {
    static Calibration of(Bench bench, Iterable<Trial> trials) {
        StudySettings settings = bench.file().settings();
        Workbench workbench = bench.assembly().workbench();
        double[] theta = GradientQuality.parameters(settings, workbench);
        // The first evaluation also warms up what is compiled on first use.
        Evaluator evaluator = new Evaluator(settings);
        evaluator.evaluate(bench.assembly(), theta);
        long start = System.nanoTime();
        evaluator.evaluate(bench.assembly(), theta);
        double evaluation = (System.nanoTime() - start) / 1e9;

        Map<String, Cost> updates = new LinkedHashMap<>();
        for (Trial trial : trials) {
            bench.context().interruption().check();
            try (Lease<GradientEstimator> estimator = bench.estimator(trial.use())) {
                SamplerProgram program = estimator
                        .get()
                        .program(workbench.profile(bench.assembly().program()));
                GradientQuality quality = new GradientQuality(settings, java.util.List.of(), Map.of());
                quality.estimate(workbench, estimator.get(), program, theta, 0);
                updates.put(trial.label(), measured(workbench, quality, estimator.get(), program, theta));
            }
        }
        return new Calibration(updates, evaluation);
    }

    private static Cost measured(
            Workbench workbench,
            GradientQuality quality,
            GradientEstimator estimator,
            SamplerProgram program,
            double[] theta) {
        System.gc();
        workbench.trim();
        boolean metered = ResidentMemory.resetPeak();
        long before = ResidentMemory.now().orElse(0);
        Cost cost = quality.estimate(workbench, estimator, program, theta, 1).cost();
        long peak = metered ? Math.max(0, ResidentMemory.peak().orElse(before) - before) : 0;
        return new Cost(
                cost.nfeForward(),
                cost.nfeBackward(),
                cost.rowsForward(),
                cost.rowsBackward(),
                cost.rewardEvaluations(),
                cost.seconds(),
                peak);
    }

    /** The peaks by trial label. */
    Map<String, Long> peaks() {
        Map<String, Long> peaks = new LinkedHashMap<>();
        updates.forEach((label, cost) -> peaks.put(label, cost.peakBytes()));
        return peaks;
    }

    /** How many updates the budget allows a trial, about. */
    long updates(StudySettings settings, String label) {
        Cost one = updates.getOrDefault(label, Cost.NONE);
        StudySettings.Budget budget = settings.budget();
        if (budget.updates() != null) {
            return budget.updates();
        }
        if (budget.nfe() != null) {
            return (long) Math.floor(budget.nfe() / Math.max(1, one.nfe()) + 1e-9);
        }
        return budget.seconds() == null ? 0 : Math.round(budget.seconds() / Math.max(1e-6, one.seconds()));
    }

    /** Seconds of fine-tuning all trials with one seed, evaluations included, if nothing runs at the same time. */
    double trainingSeconds(StudySettings settings) {
        double seconds = 0;
        for (Map.Entry<String, Cost> trial : updates.entrySet()) {
            long count = updates(settings, trial.getKey());
            seconds += count * trial.getValue().seconds();
            long evaluations = 2 + count / settings.evaluation().every();
            seconds += evaluationSeconds * (double) evaluations;
        }
        return seconds;
    }

    /** Seconds of one replica of the gradient measurement. */
    double replicaSeconds() {
        double all = updates.values().stream().mapToDouble(Cost::seconds).sum();
        double largest =
                updates.values().stream().mapToDouble(Cost::seconds).max().orElse(0);
        return all + largest;
    }
}
