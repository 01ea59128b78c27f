package org.plumbline.kernel.study;

import java.util.BitSet;
import java.util.List;
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
 * <p>A large step bends away from the slope, a small one drowns in rounding. So the step shrinks by factors of four, from
 * one that moves the reward by a part of its spread over the samples, and the slope is taken where two neighbours agree
 * best. In float32 it then agrees with the gradient to two to four digits, depending on how smooth the reward is.
 */
final class FiniteDifferenceCheck {
    private static final double PART_OF_SPREAD = 0.05;
    private static final int LEVELS = 7;

    private FiniteDifferenceCheck() {}

    static CheckRecord of(Bench bench, GradientPoint point) {
        StudySettings settings = bench.file().settings();
        Workbench workbench = bench.assembly().workbench();
        SamplerProgram program = bench.assembly().program();
        double[] theta = point.theta();
        GradientQuality quality = new GradientQuality(settings, List.of(), theta);
        double[] gradient = quality.exact(workbench, program, 0);
        double norm = Vectors.norm(gradient);

        try (Rollout rollout = workbench.rollout(program, quality.batch(0), theta);
                SamplingChain chain = workbench.chain(rollout, theta, 0, 0)) {
            double spread = Samples.deviation(chain.rewards(chain.behaviour()));
            double slope = converged(chain, gradient, PART_OF_SPREAD * spread / (norm * norm));
            return new CheckRecord(
                    point.name(),
                    "slope of the mean reward along the exact gradient, by back-propagation with step replay and by"
                            + " central differences",
                    norm,
                    slope / norm);
        }
    }

    /** The slope at which two neighbouring steps differ least. */
    private static double converged(SamplingChain chain, double[] direction, double largest) {
        double step = largest;
        double last = slope(chain, direction, step);
        double best = last;
        double closest = Double.POSITIVE_INFINITY;
        for (int level = 1; level < LEVELS; level++) {
            step /= 4;
            double next = slope(chain, direction, step);
            if (Math.abs(next - last) < closest) {
                closest = Math.abs(next - last);
                best = next;
            }
            last = next;
        }
        return best;
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
