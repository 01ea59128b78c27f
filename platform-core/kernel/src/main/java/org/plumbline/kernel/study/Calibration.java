package org.plumbline.kernel.study;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.record.Cost;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.meter.ResidentMemory;

/**
 * One estimate of every trial after the other, before the study: what it costs, how much memory it takes at most, and with
 * that how long the study will take. It also finds what only shows when something runs.
 *
 * <p>Times are medians over a few estimates, made while nothing else runs in this process.
 *
 * @param updates cost of an estimate by trial label
 * @param full cost of full back-propagation by name of the sampler program; empty where gradients are not measured
 * @param evaluationSeconds what an evaluation takes
 */
record Calibration(Map<String, Cost> updates, Map<String, Cost> full, double evaluationSeconds) {
    private static final int REPEATS = 5;
    private static final double PATIENCE_SECONDS = 2;

    /** Measured by one worker while the others rest. */
    static Calibration of(Crew crew, List<Trial> trials) {
        return crew.run(List.<Crew.Job<Calibration>>of(bench -> of(bench, trials)))
                .get(0);
    }

    private static Calibration of(Bench bench, Iterable<Trial> trials) {
        StudySettings settings = bench.file().settings();
        Workbench workbench = bench.assembly().workbench();
        double[] theta = GradientPoint.base(settings, workbench);
        // The first evaluation also warms up what is compiled on first use.
        Evaluator evaluator = new Evaluator(settings);
        evaluator.evaluate(bench.assembly(), theta);
        long start = System.nanoTime();
        evaluator.evaluate(bench.assembly(), theta);
        double evaluation = (System.nanoTime() - start) / 1e9;

        GradientQuality quality = new GradientQuality(settings, List.of(), theta);
        ChainProfile profile = workbench.profile(bench.assembly().program());
        boolean compared = settings.gradients().replicas() > 0 && GradientMeasurement.hasTruth(profile);
        Map<String, Cost> updates = new LinkedHashMap<>();
        Map<String, Cost> full = new LinkedHashMap<>();
        for (Trial trial : trials) {
            bench.context().interruption().check();
            try (Lease<GradientEstimator> estimator = bench.estimator(trial.use())) {
                SamplerProgram program = estimator.get().program(profile);
                LongFunction<Cost> once = number -> quality.estimate(workbench, estimator.get(), program, number)
                        .cost();
                quality.estimate(workbench, estimator.get(), program, 0); // warms up
                updates.put(trial.label(), measured(workbench, once));
                if (compared && !full.containsKey(program.name())) {
                    full.put(
                            program.name(),
                            measured(workbench, number -> quality.exactCost(workbench, program, number)));
                }
            }
        }
        return new Calibration(updates, full, evaluation);
    }

    private static Cost measured(Workbench workbench, LongFunction<Cost> once) {
        System.gc();
        workbench.trim();
        boolean metered = ResidentMemory.resetPeak();
        long before = ResidentMemory.now().orElse(0);
        Cost cost = once.apply(1);
        long peak = metered ? Math.max(0, ResidentMemory.peak().orElse(before) - before) : 0;
        List<Double> seconds = new ArrayList<>(List.of(cost.seconds()));
        double spent = cost.seconds();
        for (int number = 2; number <= REPEATS && spent < PATIENCE_SECONDS; number++) {
            double more = once.apply(number).seconds();
            seconds.add(more);
            spent += more;
        }
        return new Cost(
                cost.nfeForward(),
                cost.nfeBackward(),
                cost.rowsForward(),
                cost.rowsBackward(),
                cost.rewardEvaluations(),
                Samples.median(seconds.stream().mapToDouble(Double::doubleValue).toArray()),
                peak);
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
        return updates.values().stream().mapToDouble(Cost::seconds).sum()
                + full.values().stream().mapToDouble(Cost::seconds).sum();
    }
}
