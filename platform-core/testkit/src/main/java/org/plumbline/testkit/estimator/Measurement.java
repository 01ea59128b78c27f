package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.TestInfo;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.problem.GoldenFolder;
import org.plumbline.toolkit.statistics.VectorMoments;
import org.plumbline.toolkit.statistics.Vectors;

/** The replicas of an estimator on one chain, and what must be true of them. */
final class Measurement {
    private static final System.Logger LOG = System.getLogger(Measurement.class.getName());

    private static final double ALPHA = 1e-3;

    /** A test that could not see a bias of three times this is no evidence for its absence. */
    private static final double LARGEST_ERROR = 0.1;

    /** Below this standard error of the relative bias no further replicas are made. */
    private static final double PRECISE = 0.08;

    private static final int FEWEST = 100;
    private static final int STRIDE = 50;

    private final String title;
    private final String where;
    private final Workbench bench;
    private final GradientEstimator estimator;
    private final SamplerProgram program;
    private final List<String> prompts;
    private final long seed;
    private final TestInfo test;
    private final double[] theta;
    private final Replicas replicas;
    private int count;

    Measurement(
            String title,
            String where,
            Workbench bench,
            GradientEstimator estimator,
            SamplerProgram ofTheStudy,
            List<String> prompts,
            long usualSeed,
            TestInfo test) {
        this.title = title;
        this.where = where;
        this.bench = bench;
        this.estimator = estimator;
        this.program = estimator.program(bench.profile(ofTheStudy));
        this.prompts = prompts;
        this.seed = Long.getLong("plumbline.contract.seed", usualSeed);
        this.test = test;
        this.theta = bench.initialParameters(seed);
        this.replicas = Replicas.none(theta.length, prompts.size());
    }

    SamplerProgram program() {
        return program;
    }

    /** Makes replicas until the standard error is small enough for a verdict, and at most so many. */
    void run(int most) {
        Integer asked = Integer.getInteger("plumbline.contract.replicas");
        int last = asked == null ? most : asked;
        while (count < last && (asked != null || count < FEWEST || !decided())) {
            for (int i = 0; i < STRIDE && count < last; i++) {
                replicas.add(bench, program, estimator, prompts, theta, seed, count++);
            }
        }
        LOG.log(System.Logger.Level.INFO, found(against(replicas.difference())));
    }

    /**
     * Precise enough, or biased beyond doubt. That the verdict is looked at more than once is paid for by a level
     * far below {@link #ALPHA}; the standard error does not depend on the verdict.
     */
    private boolean decided() {
        return replicas.relativeBiasError() < PRECISE
                || HolmCorrection.of(replicas.difference(), ALPHA * ALPHA).rejected() > 0;
    }

    private HolmCorrection against(VectorMoments difference) {
        return HolmCorrection.of(difference, ALPHA);
    }

    void mustPointUphill() {
        assertTrue(replicas.cosine() > 0, () -> "points downhill. " + found(against(replicas.difference())));
    }

    void mustBeUnbiased() {
        HolmCorrection holm = against(replicas.difference());
        assertEquals(0, holm.rejected(), () -> "declares the trait UNBIASED, but is biased. " + found(holm));
        assertTrue(
                replicas.relativeBiasError() < LARGEST_ERROR,
                () -> "declares the trait UNBIASED; too few replicas to tell. " + found(holm));
    }

    void mustBeBiased() {
        HolmCorrection holm = against(replicas.difference());
        assertTrue(holm.rejected() > 0, () -> "does not declare the trait UNBIASED, but no bias shows. " + found(holm));
    }

    /** The mean of the estimates against a gradient that owes nothing to samples. */
    void mustHaveMean(double[] truth) {
        HolmCorrection holm = HolmCorrection.of(replicas.estimate(), truth, ALPHA);
        double[] away = Vectors.difference(replicas.estimate().mean(), truth);
        String found = String.format(
                Locale.ROOT,
                "%s, %s: %.4f of the gradient's length away from the closed form (standard error %.4f); %s. %s",
                title,
                where,
                Vectors.norm(away) / Vectors.norm(truth),
                Vectors.norm(replicas.estimate().standardError()) / Vectors.norm(truth),
                holm,
                repetition());
        LOG.log(System.Logger.Level.INFO, found);
        assertEquals(
                0,
                holm.rejected(),
                () -> "declares the trait UNBIASED, but its mean is not the gradient in closed form. " + found);
    }

    private String found(HolmCorrection holm) {
        return String.format(
                Locale.ROOT,
                "%s, %s: relative bias %.4f (standard error %.4f), cosine %.4f, variance per sample %.3g"
                        + " (exact adjoint %.3g); %s. %s",
                title,
                where,
                replicas.relativeBias(),
                replicas.relativeBiasError(),
                replicas.cosine(),
                replicas.variancePerSample(),
                replicas.exactVariancePerSample(),
                holm,
                repetition());
    }

    private String repetition() {
        String golden = System.getProperty(GoldenFolder.PROPERTY);
        return "Seed " + seed + ". To repeat: mvn test -Dtest='"
                + test.getTestClass().orElseThrow().getName().replaceAll(".*[.]", "") + "#"
                + test.getTestMethod().orElseThrow().getName() + "' -Dplumbline.contract.seed=" + seed
                + " -Dplumbline.contract.replicas=" + count
                + (golden == null ? "" : " -D" + GoldenFolder.PROPERTY + "=" + golden);
    }
}
