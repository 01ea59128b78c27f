package org.plumbline.kernel.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.record.GradientRecord.Verdict.Kind;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.toolkit.statistics.VectorMoments;
import org.plumbline.toolkit.statistics.Vectors;

/** Estimators that never ran, with known bias and noise. All seeds are fixed; bounds are in standard errors. */
class GradientStatisticsTest {
    private static final int P = 12;
    private static final int ROWS = 4;
    private static final Trial TRIAL = new Trial("a", new PluginUse("a", Map.of(), Map.of()), 0.1);
    private static final ParameterLayout LAYOUT = ParameterLayout.builder()
            .add("down.0.to_q.lora_A.weight", 4)
            .add("down.0.to_k.lora_A.weight", 2)
            .add("down.0.to_q.lora_B.weight", 3)
            .add("up.0.to_q.lora_A.weight", 3)
            .build();

    /** What an estimator makes of the truth and of the exact gradient of a replica. */
    private interface Estimator {
        double[] estimate(double[] exact, Random random);
    }

    private static double[] truth() {
        double[] truth = new double[P];
        for (int i = 0; i < P; i++) {
            truth[i] = Math.cos(1 + i);
        }
        return truth;
    }

    private static double[] noise(Random random, double size) {
        double[] noise = new double[P];
        for (int i = 0; i < P; i++) {
            noise[i] = size * random.nextGaussian();
        }
        return noise;
    }

    private static double[] plus(double[] a, double factor, double[] b) {
        double[] sum = a.clone();
        Vectors.addTo(sum, factor, b);
        return sum;
    }

    private static List<Replica> replicas(int count, long seed, double truthNoise, Estimator estimator) {
        Random random = new Random(seed);
        List<Replica> replicas = new ArrayList<>();
        for (int r = 0; r < count; r++) {
            double[] exact = plus(truth(), 1, noise(random, truthNoise));
            double[] estimate = estimator.estimate(exact, random);
            replicas.add(new Replica(
                    r,
                    Map.of("p", exact),
                    Map.of("a", new Replica.Estimate("p", estimate, new Cost(20, 10, 80, 40, 4, 9, 0), List.of()))));
        }
        return replicas;
    }

    private static GradientRecord record(List<Replica> replicas) {
        return new GradientStatistics(replicas, "a", ROWS)
                .record(
                        TRIAL,
                        "study: base model",
                        new GradientSettings(replicas.size(), 3, 0, List.of(), List.of(), 0.1, 1),
                        new ParameterGroups(LAYOUT, 1),
                        new Cost(0, 0, 0, 0, 0, 0.5, 77),
                        new Cost(20, 10, 80, 40, 4, 0.25, 0));
    }

    @Test
    void anUnbiasedEstimatorIsCalledSoOnceABiasThatMattersWouldHaveBeenSeen() {
        Estimator noisy = (exact, random) -> plus(exact, 1, noise(random, 0.5));
        GradientRecord few = record(replicas(8, 1, 0.2, noisy));
        assertEquals(Kind.UNDECIDED, few.verdict().kind());
        assertTrue(few.detectableBias() > 0.1, few::toString);
        int enough = (int) (1.3 * few.verdict().replicasNeeded());
        assertTrue(enough > 8 && enough < 4000, few::toString);

        GradientRecord many = record(replicas(enough, 2, 0.2, noisy));
        assertEquals(new GradientRecord.Verdict(Kind.UNBIASED, enough), many.verdict(), many::toString);
        assertTrue(Math.abs(many.biasZ()) < 3, many::toString);
        assertTrue(many.detectableBias() < 0.1, many::toString);
        assertTrue(Math.abs(many.length() - 1) < 4 * many.lengthStandardError(), many::toString);
        assertTrue(many.lengthStandardError() < 0.05, many::toString);
        assertEquals("unbiased within 3 se", many.verdict().text());
        assertEquals(
                "not decided (needs about " + few.verdict().replicasNeeded() + " replicas)",
                few.verdict().text());
    }

    @Test
    void aScaledTruthHasABiasInLengthOnly() {
        GradientRecord scaled =
                record(replicas(400, 3, 0.3, (exact, random) -> plus(plus(exact, -0.2, exact), 1, noise(random, 0.2))));
        assertEquals(Kind.BIASED, scaled.verdict().kind());
        assertTrue(Math.abs(scaled.length() - 0.8) < 4 * scaled.lengthStandardError(), scaled::toString);
        assertTrue(Math.abs(scaled.bias() - 0.2) < 4 * scaled.biasStandardError(), scaled::toString);
        assertTrue(scaled.lengthStandardError() < 0.02 && scaled.biasStandardError() < 0.02, scaled::toString);
        assertEquals(1, scaled.cosine(), 0.002);
    }

    @Test
    void aRotatedTruthHasABiasInDirectionOnly() {
        double[] truth = truth();
        double[] across = noise(new Random(9), 1);
        Vectors.addTo(across, -Vectors.dot(across, truth) / Vectors.dot(truth, truth), truth);
        double tilt = Math.tan(Math.PI / 6) * Vectors.norm(truth) / Vectors.norm(across);
        GradientRecord rotated = record(replicas(400, 4, 0.1, (exact, random) -> {
            double[] turned = plus(exact, tilt, across);
            for (int i = 0; i < P; i++) {
                turned[i] *= Math.cos(Math.PI / 6);
            }
            return turned;
        }));
        assertEquals(Kind.BIASED, rotated.verdict().kind());
        assertEquals("biased", rotated.verdict().text());
        assertTrue(Math.abs(rotated.length() - 1) < 4 * rotated.lengthStandardError(), rotated::toString);
        assertTrue(
                Math.abs(rotated.cosine() - Math.cos(Math.PI / 6)) < 4 * rotated.cosineStandardError(),
                rotated::toString);
        assertTrue(
                Math.abs(rotated.bias() - 2 * Math.sin(Math.PI / 12)) < 4 * rotated.biasStandardError(),
                rotated::toString);
        assertTrue(rotated.cosineStandardError() < 0.005 && rotated.biasStandardError() < 0.01, rotated::toString);
    }

    @Test
    void noiseDoesNotLengthenTheTruth() {
        GradientRecord noisy = record(replicas(60, 5, 1, (exact, random) -> exact));
        double norm = Vectors.norm(truth());
        VectorMoments moments = new VectorMoments(P);
        replicas(60, 5, 1, (exact, random) -> exact)
                .forEach(replica -> moments.add(replica.exact().get("p")));
        double ofMean = Vectors.norm(moments.mean());
        assertEquals(
                ofMean * ofMean - moments.totalVariance() / 60,
                noisy.truthNorm() * noisy.truthNorm(),
                1e-9,
                "the square of the mean's length, minus what noise adds");
        assertTrue(Math.abs(noisy.truthNorm() - norm) < 3 * noisy.truthNormStandardError(), noisy::toString);
        assertEquals(0.9 / Math.sqrt(60), noisy.truthNormStandardError(), 0.05);
    }

    @Test
    void roundingIsNoBias() {
        Estimator off = (exact, random) -> plus(plus(exact, 1e-7, truth()), 1e-9, noise(random, 1));
        GradientRecord rounded = record(replicas(20, 6, 0.1, off));
        assertTrue(rounded.biasZ() > 3, rounded::toString);
        assertEquals(Kind.UNBIASED, rounded.verdict().kind());
        GradientRecord exactly = record(replicas(20, 6, 0.1, (exact, random) -> exact));
        assertEquals(0, exactly.bias());
        assertEquals(Kind.UNBIASED, exactly.verdict().kind());
    }

    @Test
    void theVariancesOfGroupsAddUpAndEachIsThatOfItsNumbers() {
        List<Replica> replicas = replicas(30, 7, 0.2, (exact, random) -> plus(exact, 1, noise(random, 0.4)));
        GradientRecord record = record(replicas);
        VectorMoments moments = new VectorMoments(P);
        replicas.forEach(replica -> moments.add(
                java.util.Objects.requireNonNull(replica.estimates().get("a")).gradient()));
        double square = record.truthNorm() * record.truthNorm();
        assertEquals(moments.totalVariance() * ROWS, record.variance(), 1e-9);
        assertEquals(record.variance() / square, record.relativeVariance(), 1e-9);
        assertEquals(
                List.of("down lora_A", "down lora_B", "up lora_A"),
                record.groups().stream().map(GradientRecord.Group::name).toList());
        double[] variance = moments.variance();
        double first = 0;
        for (int i = 0; i < 6; i++) {
            first += variance[i];
        }
        assertEquals(6, record.groups().get(0).parameters());
        assertEquals(first * ROWS / square, record.groups().get(0).variance(), 1e-9);
        assertEquals(
                record.relativeVariance(),
                record.groups().stream()
                        .mapToDouble(GradientRecord.Group::variance)
                        .sum(),
                1e-9);
    }

    @Test
    void efficiencyIsVarianceTimesCostOfAnEstimateMadeAlone() {
        GradientRecord record = record(replicas(30, 8, 0.2, (exact, random) -> plus(exact, 1, noise(random, 0.4))));
        assertEquals(0.5, record.cost().seconds(), "not the 9 seconds of a crowded machine");
        assertEquals(77, record.cost().peakBytes());
        assertEquals(record.relativeVariance() * 40, record.efficiency().varianceNfe(), 1e-9);
        assertEquals(record.relativeVariance() * 0.5 / ROWS, record.efficiency().varianceSeconds(), 1e-9);
        double ratio = record.variance() / record.truthVariance();
        assertEquals(ratio, record.efficiency().ratioNfe(), 1e-9);
        assertEquals(2 * ratio, record.efficiency().ratioSeconds(), 1e-9);
        assertEquals(5, ratio, 2, "0.2 and 0.4 make 0.2 squared times 5");
    }

    /** Two steps with a common part, and a third part without a time. */
    @Test
    void whatStepsAddToTheVarianceAddsUp() {
        int pairs = 400;
        Random random = new Random(10);
        List<Replica> replicas = new ArrayList<>();
        double[][] before = new double[3][];
        for (int r = 0; r < 2 * pairs; r++) {
            double[] common = noise(random, 0.3);
            double[][] parts = {
                plus(plus(truth(), 1, common), 1, noise(random, 0.1)),
                plus(noise(random, 0.2), -0.5, common),
                noise(random, 0.4)
            };
            double[] whole = plus(plus(parts[0], 1, parts[1]), 1, parts[2]);
            List<Replica.StepNoise> noises = new ArrayList<>();
            if (r % 2 == 1) {
                double[] difference = Vectors.difference(whole, plus(plus(before[0], 1, before[1]), 1, before[2]));
                double[] times = {900, 100, Double.NaN};
                for (int k = 0; k < 3; k++) {
                    double[] part = Vectors.difference(parts[k], before[k]);
                    noises.add(new Replica.StepNoise(
                            times[k], Vectors.dot(part, part) / 2, Vectors.dot(part, difference) / 2));
                }
            }
            before = parts;
            replicas.add(new Replica(
                    r, Map.of("p", truth()), Map.of("a", new Replica.Estimate("p", whole, Cost.NONE, noises))));
        }
        GradientRecord record = record(replicas);
        double scale = P * ROWS / (record.truthNorm() * record.truthNorm());
        GradientRecord.Step first = record.steps().get(0);
        GradientRecord.Step second = record.steps().get(1);
        assertEquals(List.of(900.0, 100.0), List.of(first.time(), second.time()));
        assertEquals(
                record.relativeVariance(),
                first.covariance() + second.covariance() + record.unresolved().covariance(),
                1e-9);
        near(scale * (0.09 + 0.01 - 0.045), first);
        near(scale * (0.04 + 0.0225 - 0.045), second);
        near(scale * 0.16, record.unresolved());
        assertEquals(scale * 0.10, first.variance(), 0.05 * scale * 0.10);
        assertEquals(scale * 0.0625, second.variance(), 0.05 * scale * 0.0625);
        assertEquals(scale * 0.16, record.unresolved().variance(), 0.05 * scale * 0.16);
    }

    private static void near(double expected, GradientRecord.Step step) {
        assertEquals(expected, step.covariance(), 4 * step.standardError(), step::toString);
        assertTrue(step.standardError() < 0.1 * expected, step::toString);
    }
}
