package org.plumbline.plugins.estimator.adjoint.deis;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;

/**
 * The exponential multistep solver of the probability flow, or of the SDE with the same marginals, in lambda = log (alpha /
 * sigma). With h = lambda' - lambda and f = 1 for the flow, 2 for the SDE, a step is
 *
 * <pre>
 *   x' = (alpha' / alpha) x - f sigma' (e^h - 1) (m + (m - m_previous) / (2 r)) + sigma' sqrt(e^{2h} - 1) z
 * </pre>
 *
 * <p>with r = h_previous / h; the difference is left out in the first step and by the first order solver, the noise by the
 * flow's. Source: Lu et al.: DPM-Solver++. 2022.
 *
 * @param nodes from the noise to the output
 * @param order 1 or 2
 * @param stochastic whether the SDE is solved
 */
record MultistepSolver(List<TimePoint> nodes, int order, boolean stochastic) {
    static double lambda(TimePoint at) {
        return Math.log(at.alpha() / at.sigma());
    }

    SamplerProgram program() {
        List<SamplerCall> calls = new ArrayList<>();
        double previous = 0;
        for (int n = 0; n + 1 < nodes.size(); n++) {
            TimePoint at = nodes.get(n);
            TimePoint next = nodes.get(n + 1);
            double h = lambda(next) - lambda(at);
            double ofSlope = -(stochastic ? 2 : 1) * next.sigma() * Math.expm1(h);
            double ofDifference = order == 2 && n > 0 ? ofSlope * h / (2 * previous) : 0;
            double noise = stochastic ? next.sigma() * Math.sqrt(Math.expm1(2 * h)) : 0;
            double kept = next.alpha() / at.alpha();
            calls.add(
                    order == 1
                            ? SamplerCall.single(at, kept, ofSlope, 0, noise)
                            : new SamplerCall(
                                    at,
                                    1,
                                    new double[] {1, 0},
                                    new double[][] {{kept, -ofDifference}, {0, 0}},
                                    new double[] {ofSlope + ofDifference, 1},
                                    new double[] {0, 0},
                                    noise));
            previous = h;
        }
        return new SamplerProgram(
                "exponential multistep of order " + order + (stochastic ? " with noise, " : ", ") + (nodes.size() - 1)
                        + " steps",
                PredictionType.EPSILON,
                OutputTransform.none(),
                order,
                1,
                calls,
                order == 1 ? new double[] {1} : new double[] {1, 0});
    }
}
