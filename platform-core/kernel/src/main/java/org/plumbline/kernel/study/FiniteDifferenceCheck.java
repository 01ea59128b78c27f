package org.plumbline.kernel.study;

import java.util.BitSet;
import java.util.Map;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.record.CheckRecord;
import org.plumbline.spi.estimator.Perturbation;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Holds the truth itself against something that knows no gradients: the slope of the mean reward along the exact
 * gradient e, whose value is |e|, by central differences on the same noise.
 *
 * <p>The step is such that the reward moves by a small part of its spread over the samples; two steps are combined so
 * that the error of the third order cancels (Richardson). In float32 the two agree to three or four digits.
 */
final class FiniteDifferenceCheck {
    private static final double PART_OF_SPREAD = 0.02;

    private FiniteDifferenceCheck() {}

    static CheckRecord of(Bench bench) {
        StudySettings settings = bench.file().settings();
        Workbench workbench = bench.assembly().workbench();
        SamplerProgram program = bench.assembly().program();
        double[] theta = GradientQuality.parameters(settings, workbench);
        GradientQuality quality = new GradientQuality(settings, java.util.List.of(), Map.of());
        double[] gradient = quality.exact(workbench, program, theta, 0);
        double norm = Vectors.norm(gradient);

        try (Rollout rollout = workbench.rollout(program, quality.batch(0), theta);
                SamplingChain chain = workbench.chain(rollout, theta, 0, 0)) {
            double spread = Samples.deviation(chain.rewards(chain.behaviour()));
            double step = PART_OF_SPREAD * spread / (norm * norm);
            double slope = (4 * slope(chain, gradient, step) - slope(chain, gradient, 2 * step)) / 3;
            return new CheckRecord(
                    GradientQuality.point(settings),
                    "slope of the mean reward along the exact gradient, by back-propagation with step replay and by"
                            + " central differences",
                    norm,
                    slope / norm);
        }
    }

    /** (R(theta + s e) - R(theta - s e)) / (2 s), averaged over the batch. */
    private static double slope(SamplingChain chain, double[] direction, double step) {
        BitSet all = new BitSet();
        all.set(0, chain.program().size());
        double up = Samples.mean(chain.rewards(chain.perturbed(new Perturbation(direction, step, all))));
        double down = Samples.mean(chain.rewards(chain.perturbed(new Perturbation(direction, -step, all))));
        return (up - down) / (2 * step);
    }
}
