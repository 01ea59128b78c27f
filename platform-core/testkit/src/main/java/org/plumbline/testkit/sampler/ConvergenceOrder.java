package org.plumbline.testkit.sampler;

import java.util.Map;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

/**
 * With which power of the step a deterministic sampler approaches the probability flow. The data are independent normal
 * numbers, for which the noise is known in closed form and the flow is a straight line: x at two times are as many standard
 * deviations from their means. A wrong coefficient of a solver shows as a lower order.
 *
 * <p>The schedule has 20000 training steps, so that solvers with whole time labels have even steps, and begins where sigma is
 * a thousand times alpha, so that the low orders with which multistep methods begin do no harm. Solvers are compared where
 * the network is asked last: how the last step, which may end without noise, is made is not part of the order.
 */
public final class ConvergenceOrder {
    private static final NoiseSchedule SCHEDULE = DiscreteNoiseSchedule.ofBetas(
            BetaSchedule.LINEAR.betas(20_000, 1e-4 / 20, 0.028 / 20, Precision.FLOAT64), Precision.FLOAT64);

    private static final double[] MEANS = {0.6, -0.3, 0.1};
    private static final double[] DEVIATIONS = {0.5, 1.3, 0.8};
    private static final double[] STANDARD = {0.7, -1.2, 0.4};

    private ConvergenceOrder() {}

    /**
     * The order between {@code steps} and twice as many.
     *
     * @param settings those of the model
     */
    public static double of(Sampler sampler, Map<String, Object> settings, int steps) {
        return Math.log(error(sampler, settings, steps) / error(sampler, settings, 2 * steps)) / Math.log(2);
    }

    /** The largest error of a number at the last call, relative to its standard deviation. */
    public static double error(Sampler sampler, Map<String, Object> settings, int steps) {
        SamplerProgram program =
                sampler.program(new Sampler.Request(SCHEDULE, PredictionType.EPSILON, steps, settings));
        SamplerCall first = program.calls().get(0);
        double[] start = new double[MEANS.length];
        for (int i = 0; i < start.length; i++) {
            start[i] = exact(first.at(), i) / first.stateScale();
        }
        PlainChain chain = new PlainChain(program, PredictionType.EPSILON, 1, start);
        int last = program.size() - 1;
        for (int k = 0; k < last; k++) {
            TimePoint at = program.calls().get(k).at();
            chain.step(k, new double[start.length], u -> noise(at, u));
        }
        TimePoint end = program.calls().get(last).at();
        double[] found = chain.input(last);
        double worst = 0;
        for (int i = 0; i < found.length; i++) {
            worst = Math.max(worst, Math.abs(found[i] - exact(end, i)) / deviation(end, i));
        }
        return worst;
    }

    private static double exact(TimePoint at, int i) {
        return at.alpha() * MEANS[i] + deviation(at, i) * STANDARD[i];
    }

    private static double deviation(TimePoint at, int i) {
        return Math.hypot(at.alpha() * DEVIATIONS[i], at.sigma());
    }

    private static double[] noise(TimePoint at, double[] u) {
        double[] eps = new double[u.length];
        for (int i = 0; i < u.length; i++) {
            double variance = deviation(at, i) * deviation(at, i);
            eps[i] = at.sigma() * (u[i] - at.alpha() * MEANS[i]) / variance;
        }
        return eps;
    }
}
