package org.plumbline.plugins.example.estimator;

import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.Perturbation;
import org.plumbline.spi.provenance.Citation;

/** One difference per parameter, forwards: its bias is proportional to the step. */
record OneSidedDifferences(double step) implements GradientEstimator {
    @Override
    public Set<EstimatorTrait> traits() {
        return EnumSet.noneOf(EstimatorTrait.class);
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        double[] here = chain.rewards(chain.behaviour());
        double[] gradient = new double[chain.parameterCount()];
        BitSet everywhere = new BitSet();
        everywhere.set(0, chain.program().size());
        for (int i = 0; i < gradient.length; i++) {
            double[] direction = new double[gradient.length];
            direction[i] = 1;
            double[] there = chain.rewards(chain.perturbed(new Perturbation(direction, step, everywhere)));
            gradient[i] = (Arrays.stream(there).sum() - Arrays.stream(here).sum()) / step / here.length;
        }
        return GradientEstimate.of(gradient, here);
    }

    @Override
    public List<Citation> citations() {
        return List.of();
    }
}
