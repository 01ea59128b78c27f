package org.plumbline.kernel.study;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.stream.Stream;
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
 * <p>Times are medians over the later half of a few estimates, made while nothing else runs in this process: a virtual
 * machine is slow at first.
 *
 * @param updates cost of an estimate by trial label
 * @param full cost of full back-propagation by name of the sampler program; empty where gradients are not measured
 * @param evaluationSeconds what an evaluation takes
 */
record Calibration(Map<String, Cost> updates, Map<String, Cost> full, double evaluationSeconds) {
    private static final int REPEATS = 24;
    private static final double PATIENCE_SECONDS = 1.5;

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
        boolean compared = settings.gradients().replicas() > 0 && Compatibility.hasTruth(profile);
        Map<String, Timed> updates = new LinkedHashMap<>();
        Map<String, Timed> full = new LinkedHashMap<>();
        for (Trial trial : trials) {
            bench.context().interruption().check();
            String name;
            try (Lease<GradientEstimator> estimator = bench.estimator(trial.use())) {
                SamplerProgram program = estimator.get().program(profile);
                name = program.name();
                if (compared && !full.containsKey(name)) {
                    full.put(name, new Timed(number -> quality.exactCost(workbench, program, number)));
                }
            }
            updates.put(trial.label(), new Timed(number -> {
                try (Lease<GradientEstimator> estimator = bench.estimator(trial.use())) {
                    SamplerProgram program = estimator.get().program(profile);
                    return quality.estimate(workbench, estimator.get(), program, number)
                            .cost();
                }
            }));
        }
        List<Timed> all =
                Stream.concat(updates.values().stream(), full.values().stream()).toList();
        all.forEach(timed -> timed.measure(workbench));
        // In turn, so that all of them meet the same moods of the machine.
        double spent = 0;
        for (int number = 2; number <= REPEATS && spent < PATIENCE_SECONDS * all.size(); number++) {
            for (Timed timed : all) {
                bench.context().interruption().check();
                spent += timed.again(number);
            }
        }
        return new Calibration(costs(updates), costs(full), evaluation);
    }

    private static Map<String, Cost> costs(Map<String, Timed> timed) {
        Map<String, Cost> costs = new LinkedHashMap<>();
        timed.forEach((name, one) -> costs.put(name, one.cost()));
        return costs;
    }

    /** Something that is done several times. */
    private static final class Timed {
        private final LongFunction<Cost> once;
        private final List<Double> seconds = new ArrayList<>();
        private Cost first = Cost.NONE;
        private long peak;

        Timed(LongFunction<Cost> once) {
            this.once = once;
        }

        /** Once to warm up, and once to see what it takes. */
        void measure(Workbench workbench) {
            first = once.apply(0);
            System.gc();
            workbench.trim();
            boolean metered = ResidentMemory.resetPeak();
            long before = ResidentMemory.now().orElse(0);
            first = once.apply(1);
            peak = metered ? Math.max(0, ResidentMemory.peak().orElse(before) - before) : 0;
            seconds.add(first.seconds());
        }

        double again(long number) {
            double spent = once.apply(number).seconds();
            seconds.add(spent);
            return spent;
        }

        Cost cost() {
            double[] later = seconds.stream()
                    .skip(seconds.size() / 2)
                    .mapToDouble(Double::doubleValue)
                    .toArray();
            return new Cost(
                    first.nfeForward(),
                    first.nfeBackward(),
                    first.rowsForward(),
                    first.rowsBackward(),
                    first.rewardEvaluations(),
                    Samples.median(later),
                    peak);
        }
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
