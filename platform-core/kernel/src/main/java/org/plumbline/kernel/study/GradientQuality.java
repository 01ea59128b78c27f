package org.plumbline.kernel.study;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeSet;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.StepContributions;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.record.Cost;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Holds every estimator against the true gradient at fixed parameters.
 *
 * <p>A replica is one batch of samples with its own noise. On each, every estimator gives its estimate, and the exact
 * discrete adjoint, which is the true gradient per sample, is swept through the same samples of the estimator's own
 * sampler. The mean of the exact gradients over all replicas is the truth; the paired differences give the bias.
 *
 * <p>Replicas are made in pairs. What each step of the chain adds to the noise of an estimate is seen from how its part
 * of the gradient differs between the two, so that the parts of no more than one replica have to be kept.
 */
final class GradientQuality {
    private static final String PURPOSE = "gradient-quality";
    /** An estimate that differs less than this from what was collected, or a multiple of it, consists of it. */
    private static final double ROUNDING = 1e-5;

    private final StudySettings settings;
    private final List<Trial> trials;
    private final double[] theta;

    /**
     * @param theta where the gradients are measured
     */
    GradientQuality(StudySettings settings, List<Trial> trials, double[] theta) {
        this.settings = settings;
        this.trials = trials;
        this.theta = theta;
    }

    /** One estimate with its parts by time. */
    private record Resolved(Replica.Estimate estimate, NavigableMap<Double, double[]> parts) {}

    /**
     * Makes replicas with these numbers at a bench, one or two.
     *
     * @param done is run after each
     */
    List<Replica> replicas(Bench bench, List<Long> numbers, Runnable done) {
        List<Replica> replicas = new ArrayList<>();
        Map<String, Resolved> before = new LinkedHashMap<>();
        for (long number : numbers) {
            Workbench workbench = bench.assembly().workbench();
            ChainProfile profile = workbench.profile(bench.assembly().program());
            Map<String, double[]> exact = new LinkedHashMap<>();
            Map<String, Replica.Estimate> estimates = new LinkedHashMap<>();
            for (Trial trial : trials) {
                bench.context().interruption().check();
                try (Lease<GradientEstimator> estimator = bench.estimator(trial.use())) {
                    SamplerProgram program = estimator.get().program(profile, number);
                    Resolved resolved = resolved(workbench, estimator.get(), program, number);
                    Resolved first = before.put(trial.label(), resolved);
                    estimates.put(trial.label(), first == null ? resolved.estimate() : noise(resolved, first));
                    if (!exact.containsKey(program.name())) {
                        exact.put(program.name(), exact(workbench, program, number));
                    }
                }
            }
            replicas.add(new Replica(number, exact, estimates));
            done.run();
        }
        return replicas;
    }

    /** An estimate as it is made in a run. */
    Replica.Estimate estimate(Workbench workbench, GradientEstimator estimator, SamplerProgram program, long number) {
        Ledger.Work before = workbench.ledger().reading();
        long start = System.nanoTime();
        try (Rollout rollout = workbench.rollout(program, batch(number), theta);
                SamplingChain chain =
                        workbench.chain(rollout, theta, settings.gradients().seed(), number)) {
            double[] gradient = estimator.estimate(chain).gradient();
            return new Replica.Estimate(program.name(), gradient, cost(workbench, before, start), List.of());
        }
    }

    private Resolved resolved(Workbench workbench, GradientEstimator estimator, SamplerProgram program, long number) {
        Ledger.Work before = workbench.ledger().reading();
        long start = System.nanoTime();
        try (Rollout rollout = workbench.rollout(program, batch(number), theta);
                SamplingChain chain =
                        workbench.chain(rollout, theta, settings.gradients().seed(), number)) {
            StepContributions contributions = chain.keepContributions();
            double[] gradient = estimator.estimate(chain).gradient();
            Cost cost = cost(workbench, before, start);
            return new Resolved(
                    new Replica.Estimate(program.name(), gradient, cost, List.of()),
                    fitted(contributions.byTime(), gradient));
        }
    }

    private static Cost cost(Workbench workbench, Ledger.Work before, long start) {
        return FineTuning.cost(workbench.ledger().reading().since(before), (System.nanoTime() - start) / 1e9, 0);
    }

    /** An estimator may scale what it collected, for example to a mean; then its parts are scaled as well. */
    private static NavigableMap<Double, double[]> fitted(NavigableMap<Double, double[]> parts, double[] gradient) {
        double[] sum = new double[gradient.length];
        parts.values().forEach(part -> Vectors.addTo(sum, 1, part));
        double square = Vectors.dot(sum, sum);
        double factor = square == 0 ? 1 : Vectors.dot(sum, gradient) / square;
        double[] rest = gradient.clone();
        Vectors.addTo(rest, -factor, sum);
        if (Vectors.norm(rest) <= ROUNDING * Vectors.norm(gradient)) {
            parts.values().forEach(part -> {
                for (int i = 0; i < part.length; i++) {
                    part[i] *= factor;
                }
            });
        }
        return parts;
    }

    /** The second estimate of a pair, with what its parts differ from those of the first. */
    private static Replica.Estimate noise(Resolved second, Resolved first) {
        double[] whole = Vectors.difference(
                second.estimate().gradient(), first.estimate().gradient());
        double[] rest = whole.clone();
        TreeSet<Double> times = new TreeSet<>(second.parts().comparator());
        times.addAll(second.parts().keySet());
        times.addAll(first.parts().keySet());
        double[] none = new double[whole.length];
        List<Replica.StepNoise> steps = new ArrayList<>();
        for (double time : times) {
            double[] part = Vectors.difference(
                    second.parts().getOrDefault(time, none), first.parts().getOrDefault(time, none));
            Vectors.addTo(rest, -1, part);
            steps.add(noise(time, part, whole));
        }
        // What is left of a sum that consists of its parts is rounding.
        boolean resolved = Vectors.norm(rest) <= ROUNDING * Vectors.norm(whole);
        steps.add(noise(Double.NaN, resolved ? none : rest, whole));
        return new Replica.Estimate(
                second.estimate().program(),
                second.estimate().gradient(),
                second.estimate().cost(),
                steps);
    }

    private static Replica.StepNoise noise(double time, double[] part, double[] whole) {
        return new Replica.StepNoise(time, Vectors.dot(part, part) / 2, Vectors.dot(part, whole) / 2);
    }

    double[] exact(Workbench workbench, SamplerProgram program, long number) {
        try (Rollout rollout = workbench.rollout(program, batch(number), theta);
                SamplingChain chain =
                        workbench.chain(rollout, theta, settings.gradients().seed(), number)) {
            return chain.sweep(chain.behaviour(), SweepPlan.of(program).fromReward(settings.batch()));
        }
    }

    /** What full back-propagation takes. */
    Cost exactCost(Workbench workbench, SamplerProgram program, long number) {
        Ledger.Work before = workbench.ledger().reading();
        long start = System.nanoTime();
        exact(workbench, program, number);
        return cost(workbench, before, start);
    }

    Batch batch(long number) {
        return Batches.of(settings, settings.gradients().seed(), PURPOSE, number);
    }
}
