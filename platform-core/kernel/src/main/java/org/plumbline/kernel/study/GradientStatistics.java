package org.plumbline.kernel.study;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.record.GradientRecord.Verdict;
import org.plumbline.toolkit.statistics.VectorMoments;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * What replicas of an estimate and of the truth say: bias, length and direction with their errors, variance in all, by
 * group of parameters and by step, and what an accuracy costs.
 *
 * <p>Lengths are not those of means over N replicas, which noise makes longer, but roots of the mean inner product of two
 * different replicas. Errors are by the jackknife over replicas, so what estimate and truth have in common is accounted
 * for.
 */
final class GradientStatistics {
    /** Relative differences up to this are rounding in single precision, and no bias whatever their z. */
    static final double ROUNDING = 1e-5;

    private final List<double[]> estimates = new ArrayList<>();
    private final List<double[]> truths = new ArrayList<>();
    private final List<double[]> differences = new ArrayList<>();
    private final List<List<Replica.StepNoise>> noises = new ArrayList<>();
    private final int rows;
    private Cost total = Cost.NONE;
    private String program = "";

    /**
     * @param replicas of which those that hold an estimate of this trial count
     * @param rows samples per replica
     */
    GradientStatistics(List<Replica> replicas, String trial, int rows) {
        this.rows = rows;
        for (Replica replica : replicas) {
            Replica.Estimate estimate = replica.estimates().get(trial);
            double[] exact = estimate == null ? null : replica.exact().get(estimate.program());
            if (estimate == null || exact == null) {
                continue;
            }
            program = estimate.program();
            estimates.add(estimate.gradient());
            truths.add(exact);
            differences.add(Vectors.difference(estimate.gradient(), exact));
            total = total.plus(estimate.cost());
            if (!estimate.steps().isEmpty()) {
                noises.add(estimate.steps());
            }
        }
    }

    /** Name of the sampler program that the estimates differentiate. */
    String program() {
        return program;
    }

    /**
     * The record.
     *
     * @param alone what one estimate takes when nothing else runs; its counts are not used
     * @param full what full back-propagation takes when nothing else runs
     */
    GradientRecord record(
            Trial trial, String point, GradientSettings settings, ParameterGroups groups, Cost alone, Cost full) {
        int n = estimates.size();
        Gram ofEstimates = Gram.of(estimates, estimates);
        Gram ofTruths = Gram.of(truths, truths);
        Gram across = Gram.of(estimates, truths);
        double norm = length(ofTruths.expected(), ofTruths.ofMeans());
        Gram ofDifferences = Gram.of(differences, differences);
        BiasEstimate bias = BiasEstimate.of(ofDifferences);
        double biasError = jackknife(
                n,
                i -> BiasEstimate.lengthWithout(ofDifferences, i)
                        / length(ofTruths.expectedWithout(i), ofTruths.ofMeansWithout(i)));
        double[] spread = ofEstimates.covariances();
        double variance = Samples.mean(spread) * rows;
        double truthVariance = Samples.mean(ofTruths.covariances()) * rows;
        double relative = variance / (norm * norm);
        Cost cost = new Cost(
                total.nfeForward() / n,
                total.nfeBackward() / n,
                total.rowsForward() / n,
                total.rowsBackward() / n,
                total.rewardEvaluations() / n,
                alone.seconds(),
                alone.peakBytes());
        return new GradientRecord(
                trial.label(),
                trial.use().id(),
                point,
                estimates.get(0).length,
                "exact adjoint of " + program + ", mean of " + (long) n * rows + " samples",
                norm,
                jackknife(n, i -> length(ofTruths.expectedWithout(i), ofTruths.ofMeansWithout(i))),
                truthVariance,
                settings.seed(),
                n,
                rows,
                bias.length() / norm,
                // Near zero the root bends too much for the jackknife.
                bias.seen() ? biasError : Math.max(biasError, bias.noise() / norm),
                bias.z(),
                bias.detectable() / norm,
                verdict(bias, norm, n, settings.tolerance()),
                length(ofEstimates.expected(), ofEstimates.ofMeans()) / norm,
                jackknife(
                        n,
                        i -> length(ofEstimates.expectedWithout(i), ofEstimates.ofMeansWithout(i))
                                / length(ofTruths.expectedWithout(i), ofTruths.ofMeansWithout(i))),
                across.ofMeans() / Math.sqrt(ofEstimates.ofMeans() * ofTruths.ofMeans()),
                jackknife(
                        n,
                        i -> across.ofMeansWithout(i)
                                / Math.sqrt(ofEstimates.ofMeansWithout(i) * ofTruths.ofMeansWithout(i))),
                variance,
                Samples.standardError(spread) * rows,
                relative,
                cost,
                efficiency(variance, cost, truthVariance, full, norm),
                groups(groups, norm),
                steps(variance, norm),
                unresolved(variance, norm));
    }

    /** The noise removed, unless nothing is left then. */
    private static double length(double expectedSquare, double squareOfMean) {
        return Math.sqrt(expectedSquare > 0 ? expectedSquare : squareOfMean);
    }

    private static double jackknife(int n, java.util.function.IntToDoubleFunction without) {
        double[] values = new double[n];
        for (int i = 0; n > 2 && i < n; i++) {
            values[i] = without.applyAsDouble(i);
        }
        return Samples.jackknife(values);
    }

    /** The smallest bias that can be seen goes with 1 / sqrt(N); from that follows how many replicas are missing. */
    static Verdict verdict(BiasEstimate bias, double norm, int replicas, double tolerance) {
        if (bias.seen() && bias.length() > ROUNDING * norm) {
            return new Verdict(Verdict.Kind.BIASED, replicas);
        }
        double missing = bias.detectable() / (tolerance * norm);
        return missing <= 1
                ? new Verdict(Verdict.Kind.UNBIASED, replicas)
                : new Verdict(Verdict.Kind.UNDECIDED, (long) Math.ceil(replicas * missing * missing));
    }

    private GradientRecord.Efficiency efficiency(
            double variance, Cost cost, double truthVariance, Cost full, double norm) {
        double square = norm * norm;
        double nfe = variance / square * cost.nfe();
        double seconds = variance / square * cost.seconds() / rows;
        return new GradientRecord.Efficiency(
                nfe,
                seconds,
                nfe / (truthVariance / square * full.nfe()),
                seconds / (truthVariance / square * full.seconds() / rows));
    }

    private List<GradientRecord.Group> groups(ParameterGroups groups, double norm) {
        VectorMoments ofEstimates = moments(estimates);
        VectorMoments ofTruths = moments(truths);
        double[] variance = ofEstimates.variance();
        double[] squares = ofTruths.mean();
        double[] ofTruth = ofTruths.variance();
        int n = truths.size();
        for (int i = 0; i < squares.length; i++) {
            squares[i] = squares[i] * squares[i] - ofTruth[i] / n;
        }
        double square = norm * norm;
        return groups.names().stream()
                .map(name -> new GradientRecord.Group(
                        name,
                        groups.size(name),
                        Math.sqrt(Math.max(0, groups.sum(name, squares))) / norm,
                        groups.sum(name, variance) * rows / square))
                .toList();
    }

    private static VectorMoments moments(List<double[]> vectors) {
        VectorMoments moments = new VectorMoments(vectors.get(0).length);
        vectors.forEach(moments::add);
        return moments;
    }

    private List<GradientRecord.Step> steps(double variance, double norm) {
        NavigableMap<Double, Boolean> times = new TreeMap<>(Comparator.reverseOrder());
        for (List<Replica.StepNoise> noise : noises) {
            noise.stream().filter(step -> !Double.isNaN(step.time())).forEach(step -> times.put(step.time(), true));
        }
        return times.keySet().stream().map(time -> step(time, variance, norm)).toList();
    }

    private GradientRecord.Step unresolved(double variance, double norm) {
        return step(Double.NaN, variance, norm);
    }

    /**
     * The pairs say which share of the variance a part has; all replicas, how large the variance is. So the covariances add
     * up to it.
     */
    private GradientRecord.Step step(double time, double variance, double norm) {
        double[] wholes = noises.stream()
                .mapToDouble(noise -> noise.stream()
                        .mapToDouble(Replica.StepNoise::covariance)
                        .sum())
                .toArray();
        double whole = Samples.mean(wholes);
        if (!(whole > 0)) {
            return new GradientRecord.Step(time, 0, 0, Double.NaN);
        }
        double scale = variance / (norm * norm) / whole;
        double[] covariances = values(time, Replica.StepNoise::covariance);
        double covariance = Samples.mean(covariances);
        double[] residuals = covariances.clone();
        for (int i = 0; i < residuals.length; i++) {
            residuals[i] -= covariance / whole * wholes[i];
        }
        return new GradientRecord.Step(
                time,
                scale * Samples.mean(values(time, Replica.StepNoise::variance)),
                scale * covariance,
                scale * Samples.standardError(residuals));
    }

    private double[] values(double time, ToDoubleFunction<Replica.StepNoise> value) {
        return noises.stream()
                .mapToDouble(noise -> noise.stream()
                        .filter(step -> Double.compare(step.time(), time) == 0)
                        .mapToDouble(value)
                        .sum())
                .toArray();
    }
}
