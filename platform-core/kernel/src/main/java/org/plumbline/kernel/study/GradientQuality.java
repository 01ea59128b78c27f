package org.plumbline.kernel.study;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.noise.NoiseStream;
import org.plumbline.toolkit.statistics.VectorMoments;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Holds every estimator against the true gradient at fixed parameters.
 *
 * <p>A replica is one batch of samples with its own noise. On each, every estimator gives its estimate, and the exact
 * discrete adjoint, which is the true gradient per sample, is swept through the same samples of the estimator's own
 * sampler. The mean of the exact gradients over all replicas is the truth; the paired differences give the bias.
 */
final class GradientQuality {
    private static final String PURPOSE = "gradient-quality";

    private final StudySettings settings;
    private final List<Trial> trials;
    private final Map<String, Long> peaks;

    /**
     * @param peaks largest memory of one estimate by trial label, measured one at a time
     */
    GradientQuality(StudySettings settings, List<Trial> trials, Map<String, Long> peaks) {
        this.settings = settings;
        this.trials = trials;
        this.peaks = peaks;
    }

    /**
     * What one replica gave.
     *
     * @param exact the true gradient by name of the sampler program
     * @param estimates by trial label
     */
    record Replica(Map<String, double[]> exact, Map<String, Estimate> estimates) {}

    /** One estimate. */
    record Estimate(String program, double[] gradient, Cost cost) {}

    /** Theta at which gradients are measured. */
    static double[] parameters(StudySettings settings, Workbench workbench) {
        double[] theta = workbench.initialParameters(settings.gradients().seed());
        if (settings.gradients().displacement() > 0) {
            double[] direction = NoiseStream.of(settings.gradients().seed(), "gradient-quality.displacement", 0)
                    .gaussians(theta.length);
            double size = Vectors.norm(theta);
            double scale = settings.gradients().displacement() * (size == 0 ? 1 : size) / Vectors.norm(direction);
            Vectors.addTo(theta, scale, direction);
        }
        return theta;
    }

    /** What these parameters are called in records. */
    static String point(StudySettings settings) {
        double moved = settings.gradients().displacement();
        return settings.name() + ": " + (moved > 0 ? "base model, moved by " + moved : "base model");
    }

    /** One replica at a bench. */
    Replica replica(Bench bench, long number) {
        bench.context().interruption().check();
        Workbench workbench = bench.assembly().workbench();
        double[] theta = parameters(settings, workbench);
        ChainProfile profile = workbench.profile(bench.assembly().program());
        Map<String, double[]> exact = new LinkedHashMap<>();
        Map<String, Estimate> estimates = new LinkedHashMap<>();
        for (Trial trial : trials) {
            try (Lease<GradientEstimator> estimator = bench.estimator(trial.use())) {
                SamplerProgram program = estimator.get().program(profile, number);
                Estimate estimate = estimate(workbench, estimator.get(), program, theta, number);
                estimates.put(trial.label(), estimate);
                if (!exact.containsKey(program.name())) {
                    exact.put(program.name(), exact(workbench, program, theta, number));
                }
            }
        }
        return new Replica(exact, estimates);
    }

    Estimate estimate(
            Workbench workbench, GradientEstimator estimator, SamplerProgram program, double[] theta, long number) {
        Ledger.Work before = workbench.ledger().reading();
        long start = System.nanoTime();
        try (Rollout rollout = workbench.rollout(program, batch(number), theta);
                SamplingChain chain =
                        workbench.chain(rollout, theta, settings.gradients().seed(), number)) {
            double[] gradient = estimator.estimate(chain).gradient();
            return new Estimate(
                    program.name(),
                    gradient,
                    FineTuning.cost(workbench.ledger().reading().since(before), (System.nanoTime() - start) / 1e9, 0));
        }
    }

    double[] exact(Workbench workbench, SamplerProgram program, double[] theta, long number) {
        try (Rollout rollout = workbench.rollout(program, batch(number), theta);
                SamplingChain chain =
                        workbench.chain(rollout, theta, settings.gradients().seed(), number)) {
            return chain.sweep(chain.behaviour(), SweepPlan.of(program).fromReward(settings.batch()));
        }
    }

    Batch batch(long number) {
        return Batches.of(settings, settings.gradients().seed(), PURPOSE, number);
    }

    /** The record of every trial. */
    List<GradientRecord> records(List<Replica> replicas) {
        List<GradientRecord> records = new ArrayList<>();
        for (Trial trial : trials) {
            records.add(record(trial, replicas));
        }
        return records;
    }

    private GradientRecord record(Trial trial, List<Replica> replicas) {
        List<double[]> differences = new ArrayList<>();
        List<double[]> gradients = new ArrayList<>();
        List<double[]> truths = new ArrayList<>();
        Cost total = Cost.NONE;
        String program = "";
        for (Replica replica : replicas) {
            Estimate estimate = replica.estimates().get(trial.label());
            double[] exact = estimate == null ? null : replica.exact().get(estimate.program());
            if (estimate == null || exact == null) {
                continue;
            }
            program = estimate.program();
            gradients.add(estimate.gradient());
            truths.add(exact);
            differences.add(Vectors.difference(estimate.gradient(), exact));
            total = total.plus(estimate.cost());
        }
        VectorMoments estimates = moments(gradients, null);
        VectorMoments truth = moments(truths, null);
        double norm = Vectors.norm(truth.mean());
        BiasEstimate bias = BiasEstimate.of(differences);
        int n = gradients.size();
        double variance = estimates.totalVariance() * settings.batch();
        return new GradientRecord(
                trial.label(),
                trial.use().id(),
                point(settings),
                "exact adjoint of " + program + ", mean of " + n * settings.batch() + " samples",
                norm,
                n,
                settings.batch(),
                bias.length() / norm,
                bias.standardError() / norm,
                bias.z(),
                Vectors.cosine(estimates.mean(), truth.mean()),
                cosineError(gradients, truths),
                variance,
                variance / (norm * norm),
                new Cost(
                        total.nfeForward() / n,
                        total.nfeBackward() / n,
                        total.rowsForward() / n,
                        total.rowsBackward() / n,
                        total.rewardEvaluations() / n,
                        total.seconds() / n,
                        peaks.getOrDefault(trial.label(), 0L)));
    }

    /** By the jackknife over replicas. */
    private static double cosineError(List<double[]> gradients, List<double[]> truths) {
        int n = gradients.size();
        if (n < 3) {
            return Double.NaN;
        }
        double[] cosines = new double[n];
        for (int r = 0; r < n; r++) {
            cosines[r] = Vectors.cosine(
                    moments(gradients, gradients.get(r)).mean(),
                    moments(truths, truths.get(r)).mean());
        }
        double deviation = Samples.deviation(cosines);
        return deviation * (n - 1) / Math.sqrt(n);
    }

    private static VectorMoments moments(List<double[]> vectors, double @Nullable [] without) {
        VectorMoments moments = new VectorMoments(vectors.get(0).length);
        for (double[] vector : vectors) {
            if (vector != without) {
                moments.add(vector);
            }
        }
        return moments;
    }
}
