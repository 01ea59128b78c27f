package org.plumbline.toolkit.sampler;

import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.TimePoint;

/**
 * The two changes of variables after which the probability-flow ODE has no linear part. With x = alpha x0 + sigma eps, for
 * every schedule, dy/ds is the network's prediction:
 *
 * <table>
 *   <caption>Variables</caption>
 *   <tr><th>domain</th><th>state y</th><th>position s</th><th>dy/ds</th><th>from noise to output</th></tr>
 *   <tr><td>noise</td><td>x / alpha</td><td>rho = sigma / alpha</td><td>eps</td><td>falls</td></tr>
 *   <tr><td>data</td><td>x / sigma</td><td>gamma = alpha / sigma</td><td>x0</td><td>rises</td></tr>
 * </table>
 *
 * <p>The noise domain needs signal at the first node and the data domain noise at the last one; a flow-matching model,
 * which starts from pure noise, therefore has a data domain only.
 */
public enum FlowDomain {
    /** y = x / alpha over rho = sigma / alpha, with slope eps. */
    NOISE(PredictionType.EPSILON) {
        @Override
        public double position(NoiseSchedule schedule, double t) {
            double logAlpha = schedule.logAlpha(t);
            return schedule.variancePreserving()
                    ? Math.sqrt(-Math.expm1(2 * logAlpha)) * Math.exp(-logAlpha)
                    : -Math.expm1(logAlpha) * Math.exp(-logAlpha);
        }

        @Override
        double logAlpha(NoiseSchedule schedule, double rho) {
            return schedule.variancePreserving() ? -0.5 * Math.log1p(rho * rho) : -Math.log1p(rho);
        }

        @Override
        public TimePoint at(NoiseSchedule schedule, double rho) {
            double alpha = schedule.variancePreserving() ? 1 / Math.sqrt(1 + rho * rho) : 1 / (1 + rho);
            return new TimePoint(schedule.label(timeOf(schedule, rho)), alpha, rho * alpha);
        }

        @Override
        public double position(TimePoint at) {
            return at.sigma() / at.alpha();
        }

        @Override
        public double scale(TimePoint at) {
            return at.alpha();
        }
    },
    /** y = x / sigma over gamma = alpha / sigma, with slope x0. */
    DATA(PredictionType.SAMPLE) {
        @Override
        public double position(NoiseSchedule schedule, double t) {
            double logAlpha = schedule.logAlpha(t);
            return schedule.variancePreserving()
                    ? Math.exp(logAlpha) / Math.sqrt(-Math.expm1(2 * logAlpha))
                    : Math.exp(logAlpha) / -Math.expm1(logAlpha);
        }

        @Override
        double logAlpha(NoiseSchedule schedule, double gamma) {
            return schedule.variancePreserving() ? -0.5 * Math.log1p(1 / (gamma * gamma)) : -Math.log1p(1 / gamma);
        }

        @Override
        public TimePoint at(NoiseSchedule schedule, double gamma) {
            double sigma = schedule.variancePreserving() ? 1 / Math.sqrt(1 + gamma * gamma) : 1 / (1 + gamma);
            return new TimePoint(schedule.label(timeOf(schedule, gamma)), gamma * sigma, sigma);
        }

        @Override
        public double position(TimePoint at) {
            return at.alpha() / at.sigma();
        }

        @Override
        public double scale(TimePoint at) {
            return at.sigma();
        }
    };

    private final PredictionType slope;

    FlowDomain(PredictionType slope) {
        this.slope = slope;
    }

    /** The prediction that is dy/ds. */
    public PredictionType slope() {
        return slope;
    }

    /** s at a continuous time. */
    public abstract double position(NoiseSchedule schedule, double t);

    /** s at a time point. */
    public abstract double position(TimePoint at);

    /** The continuous time of a position. */
    public double timeOf(NoiseSchedule schedule, double position) {
        return schedule.timeOfLogAlpha(logAlpha(schedule, position));
    }

    /** Where the network is evaluated at a position. */
    public abstract TimePoint at(NoiseSchedule schedule, double position);

    /** x = scale y. */
    public abstract double scale(TimePoint at);

    abstract double logAlpha(NoiseSchedule schedule, double position);
}
