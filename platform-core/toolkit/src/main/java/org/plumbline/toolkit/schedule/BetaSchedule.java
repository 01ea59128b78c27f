package org.plumbline.toolkit.schedule;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * The families of betas, beta_n = 1 - abar_n / abar_{n-1}. The constant in lower case is the name in a
 * {@code scheduler_config.json}.
 */
public enum BetaSchedule {
    /** From start to end in equal steps (Ho et al. 2020). */
    LINEAR {
        @Override
        double[] unchecked(int steps, double start, double end, Precision precision) {
            return equalSteps(steps, start, end, precision);
        }
    },
    /** The square roots in equal steps (latent diffusion). */
    SCALED_LINEAR {
        @Override
        double[] unchecked(int steps, double start, double end, Precision precision) {
            double[] betas = equalSteps(steps, Math.sqrt(start), Math.sqrt(end), precision);
            Arrays.setAll(betas, n -> precision.round(betas[n] * betas[n]));
            return betas;
        }
    },
    /** abar follows a squared cosine (Nichol and Dhariwal 2021); ignores start and end. */
    SQUAREDCOS_CAP_V2 {
        @Override
        double[] unchecked(int steps, double start, double end, Precision precision) {
            return ofAlphaBar(steps, precision, t -> {
                double cos = Math.cos((t + 0.008) / 1.008 * Math.PI / 2);
                return cos * cos;
            });
        }
    },
    /** abar decays as exp(-12 t); ignores start and end. */
    EXP {
        @Override
        double[] unchecked(int steps, double start, double end, Precision precision) {
            return ofAlphaBar(steps, precision, t -> Math.exp(-12 * t));
        }
    },
    /** The signal to noise ratio follows the quantiles of a Laplace distribution (Hang et al. 2024); ignores start and end. */
    LAPLACE {
        @Override
        double[] unchecked(int steps, double start, double end, Precision precision) {
            return ofAlphaBar(steps, precision, t -> {
                double lambda = -0.5 * Math.copySign(1, 0.5 - t) * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6);
                return 1 / Math.sqrt(1 + Math.exp(-lambda));
            });
        }
    },
    /** From start to end along a logistic curve over [-6, 6]. */
    SIGMOID {
        @Override
        double[] unchecked(int steps, double start, double end, Precision precision) {
            double[] betas = equalSteps(steps, -6, 6, precision);
            Arrays.setAll(betas, n -> {
                double sigmoid = precision.round(1 / (1 + Math.exp(-betas[n])));
                return precision.round(
                        precision.round(sigmoid * precision.round(end - start)) + precision.round(start));
            });
            return betas;
        }
    };

    private static final double LARGEST_BETA = 0.999;

    /**
     * The betas of this family.
     *
     * @param steps N, at least 2
     * @param start beta of the first step, in (0, 1)
     * @param end beta of the last step, in (0, 1), not smaller than start
     */
    public double[] betas(int steps, double start, double end, Precision precision) {
        if (steps < 2 || !(start > 0 && start <= end && end < 1)) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("a noise schedule of " + steps + " steps with betas from " + start + " to " + end)
                    .available("at least 2 steps and 0 < beta_start <= beta_end < 1")
                    .build();
        }
        return unchecked(steps, start, end, precision);
    }

    abstract double[] unchecked(int steps, double start, double end, Precision precision);

    /** The name in a {@code scheduler_config.json}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The family of this name.
     *
     * @throws PlumblineException {@link StandardError#UNSUPPORTED} if there is none
     */
    public static BetaSchedule of(String key) {
        return Arrays.stream(values())
                .filter(schedule -> schedule.key().equals(key))
                .findFirst()
                .orElseThrow(() -> PlumblineException.of(StandardError.UNSUPPORTED)
                        .asked("beta_schedule '" + key + "'")
                        .available(String.join(
                                ", ",
                                Arrays.stream(values()).map(BetaSchedule::key).toList()))
                        .build());
    }

    /**
     * Changes betas so that the last step holds no signal, abar_{N-1} = 0, and the first keeps its own (Lin et al. 2024):
     * sqrt(abar) is shifted and stretched.
     */
    public static double[] rescaleToZeroTerminalSnr(double[] betas, Precision precision) {
        double[] root = DiscreteNoiseSchedule.cumulative(betas, precision);
        Arrays.setAll(root, n -> precision.round(Math.sqrt(root[n])));
        double first = root[0];
        double last = root[root.length - 1];
        double stretch = precision.round(first / precision.round(first - last));
        double[] alphaBar = new double[root.length];
        Arrays.setAll(alphaBar, n -> {
            double moved = precision.round(precision.round(root[n] - last) * stretch);
            return precision.round(moved * moved);
        });
        double[] rescaled = new double[root.length];
        rescaled[0] = precision.round(1 - alphaBar[0]);
        for (int n = 1; n < rescaled.length; n++) {
            rescaled[n] = precision.round(1 - precision.round(alphaBar[n] / alphaBar[n - 1]));
        }
        return rescaled;
    }

    /**
     * Counts from both ends towards the middle, as PyTorch does. Its results still differ by a unit in the last place of
     * float32 from one processor to the next, since some fuse the multiplication with the addition.
     */
    private static double[] equalSteps(int steps, double start, double end, Precision precision) {
        double from = precision.round(start);
        double to = precision.round(end);
        double step = precision.round(precision.round(to - from) / (steps - 1));
        double[] values = new double[steps];
        for (int n = 0; n < steps; n++) {
            values[n] = n < steps / 2
                    ? precision.round(from + precision.round(step * n))
                    : precision.round(to - precision.round(step * (steps - 1 - n)));
        }
        return values;
    }

    private static double[] ofAlphaBar(int steps, Precision precision, DoubleUnaryOperator alphaBar) {
        double[] betas = new double[steps];
        Arrays.setAll(betas, n -> {
            double ratio = alphaBar.applyAsDouble((n + 1.0) / steps) / alphaBar.applyAsDouble((double) n / steps);
            return precision.round(Math.min(1 - ratio, LARGEST_BETA));
        });
        return betas;
    }
}
