package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;

/**
 * The chain on which estimators are compared by bias and variance: ten steps x' = 0.8 x + 0.7 tanh(W x) + 0.3 z in four
 * dimensions, sixteen parameters, R = 2 - |x_0 - c|^2, with one W of entries of size about 0.6 and one c.
 *
 * <p>The gradient of E[R] has length 41.6. Known results for estimators of it, from three million samples; a variance is
 * that of one sample's contribution, summed over the sixteen components, a bias is relative to the gradient's length:
 *
 * <table>
 *   <caption>Bias and variance per sample</caption>
 *   <tr><th>estimator</th><th>bias</th><th>variance</th></tr>
 *   <tr><td>full back-propagation</td><td>0</td><td>1,904</td></tr>
 *   <tr><td>last step only</td><td>0.908, cosine 0.904</td><td>35</td></tr>
 *   <tr><td>last three steps</td><td>0.70, cosine 0.964</td><td>236</td></tr>
 *   <tr><td>score function, baseline of a large batch</td><td>0</td><td>45,465</td></tr>
 *   <tr><td>score function without baseline</td><td>0</td><td>97,973</td></tr>
 *   <tr><td>RLR, tiles of 1, 2, 3 steps</td><td>0</td><td>39,201, 56,631, 69,810</td></tr>
 *   <tr><td>RLR exact, h = 1, 2, 3</td><td>0</td><td>47,528, 47,349, 48,774</td></tr>
 *   <tr><td>its half-order part</td><td></td><td>3,854, 12,412, 21,743</td></tr>
 *   <tr><td>its zeroth-order part</td><td></td><td>43,268, 34,347, 26,268</td></tr>
 *   <tr><td>RLR exact, h = 2, one-sided differences</td><td>0</td><td>10,600,000</td></tr>
 *   <tr><td>RLR, equation 6 as printed</td><td>0.10</td><td></td></tr>
 *   <tr><td>RLR, last step and perturbation of all steps</td><td>0.10</td><td></td></tr>
 *   <tr><td>RLR, two single steps as in the published code</td><td>0.71, cosine 0.99</td><td>9,297</td></tr>
 *   <tr><td>the same times 9 / 2</td><td>0</td><td>188,775</td></tr>
 *   <tr><td>RLR, one random tile times their number</td><td>0</td><td>243,739</td></tr>
 *   <tr><td>SPSA</td><td>0</td><td>63,266</td></tr>
 * </table>
 *
 * <p>Zeroth-order rows have a direction per sample, of scale 0.01. What is drawn once per batch (a start, a tile) is
 * averaged by batches only, so a variance per sample holds its share times the rows; these rows are measured on small
 * batches.
 */
public final class TenStepToy {
    private static final System.Logger LOG = System.getLogger(TenStepToy.class.getName());

    private static final double ALPHA = 1e-3;

    private static final TanhChain CHAIN = TanhChain.standard();

    private static final double[] WEIGHTS = {
        0.0754, -0.0793, 0.3843, 0.0629, -0.3214, 0.2170, 0.7824, 0.5682, -0.4222, -0.7593, -0.3740, 0.0248, -1.3950,
        -0.1313, -0.7475, -0.4394
    };

    private TenStepToy() {}

    /** W, row-major: where gradients are estimated. */
    public static double[] weights() {
        return WEIGHTS.clone();
    }

    /** Ten calls. */
    public static SamplerProgram program() {
        return CHAIN.program(10);
    }

    /** The chain on a backend, for batches of so many samples. The caller closes it. */
    public static Workbench open(ComputeBackend backend, int rows) {
        return Workbench.open(
                backend,
                new ChainParts(
                        ClosedFormModel.of(CHAIN, SweepContract.SCHEDULE),
                        new TrainableTarget.Full(List.of()),
                        1,
                        QuadraticReward.around(-0.5443, -0.3163, 0.4116, 1.0425),
                        List.of(""),
                        rows));
    }

    /** Samples of the chain. */
    public static Batch batch(int rows, long seed, long number) {
        return new Batch(Collections.nCopies(rows, ""), NoiseSource.keyed(seed, "ten-step-toy", number));
    }

    /** Measures an estimator on so many batches. */
    public static Replicas measure(
            ComputeBackend backend, GradientEstimator estimator, int rows, int batches, long seed) {
        try (Workbench bench = open(backend, rows)) {
            return Replicas.of(bench, program(), estimator, batch(rows, seed, 0).prompts(), weights(), seed, batches);
        }
    }

    /** One line of the table of estimators, which is also logged. */
    public static String report(String estimator, Replicas replicas) {
        String line = String.format(
                Locale.ROOT,
                "%-45s relative bias %6.4f (standard error %.4f), cosine %7.4f, variance per sample %11.0f (full %.0f); %s",
                estimator,
                replicas.relativeBias(),
                replicas.relativeBiasError(),
                replicas.cosine(),
                replicas.variancePerSample(),
                replicas.exactVariancePerSample(),
                HolmCorrection.of(replicas.difference(), ALPHA));
        LOG.log(System.Logger.Level.INFO, line);
        return line;
    }

    /**
     * Fails if a bias shows, or if the standard error is too large to tell. Logs the line of the table.
     *
     * @param error largest standard error of the relative bias
     */
    public static void assertUnbiased(String estimator, Replicas replicas, double error) {
        String line = report(estimator, replicas);
        assertTrue(replicas.relativeBiasError() < error, () -> "too few samples to tell. " + line);
        assertTrue(replicas.relativeBias() < 3 * replicas.relativeBiasError(), () -> "biased. " + line);
        assertEquals(0, HolmCorrection.of(replicas.difference(), ALPHA).rejected(), () -> "biased. " + line);
    }

    /**
     * Fails unless a bias shows and has the expected length. Logs the line of the table.
     *
     * @param bias relative to the gradient's length
     * @param tolerance how far the measured one may be from it
     */
    public static void assertBiased(String estimator, Replicas replicas, double bias, double tolerance) {
        String line = report(estimator, replicas);
        assertTrue(HolmCorrection.of(replicas.difference(), ALPHA).rejected() > 0, () -> "no bias shows. " + line);
        assertEquals(bias, replicas.relativeBias(), tolerance, line);
    }
}
