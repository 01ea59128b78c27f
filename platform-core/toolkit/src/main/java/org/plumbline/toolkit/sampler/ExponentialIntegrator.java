package org.plumbline.toolkit.sampler;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;

/**
 * The probability-flow ODE after the exponential change of variables, y = x / alpha and rho = sigma / alpha, in which it
 * reads dy / drho = eps(alpha y, t(rho)): an explicit Runge-Kutta solver of it as a sampler program.
 *
 * <p>Registers: the input of the running stage, and with more than one stage the state at the start of the step and the
 * slopes of all stages but the last. Every stage is evaluated at its own continuous time, found from its rho.
 *
 * <p>Source: Zhang and Chen: Fast sampling of diffusion models with exponential integrator. ICLR 2023; Pan et al.:
 * AdjointDPM. ICLR 2024.
 */
public final class ExponentialIntegrator {
    private final NoiseSchedule schedule;
    private final double[] nodes;

    /**
     * For a variance preserving schedule.
     *
     * @param times the nodes, continuous times in descending order from the noise to the output, at least two
     */
    public ExponentialIntegrator(NoiseSchedule schedule, double[] times) {
        this.schedule = schedule;
        this.nodes = Arrays.stream(times).map(t -> rho(schedule, t)).toArray();
    }

    /** How the nodes are spread between T = 1 and t_0 = 1 / N. */
    public enum Grid {
        /** Equal steps of time. */
        TIME_UNIFORM,
        /** Equal steps of the square root of time. */
        TIME_QUADRATIC,
        /** Equal steps of log (alpha / sigma). */
        LOG_SNR;

        /** The steps + 1 nodes from 1 down to 1 / N. */
        public double[] times(NoiseSchedule schedule, int steps) {
            double last = 1.0 / schedule.trainSteps();
            double[] times = new double[steps + 1];
            for (int i = 0; i <= steps; i++) {
                double s = (double) i / steps;
                times[i] = switch (this) {
                    case TIME_UNIFORM -> 1 + s * (last - 1);
                    case TIME_QUADRATIC -> Math.pow(1 + s * (Math.sqrt(last) - 1), 2);
                    case LOG_SNR -> {
                        double from = -Math.log(rho(schedule, 1));
                        double to = -Math.log(rho(schedule, last));
                        yield timeOfRho(schedule, Math.exp(-(from + s * (to - from))));
                    }
                };
            }
            return times;
        }
    }

    /** rho = sigma / alpha at a continuous time. */
    public static double rho(NoiseSchedule schedule, double t) {
        double logAlpha = schedule.logAlpha(t);
        return Math.sqrt(-Math.expm1(2 * logAlpha)) * Math.exp(-logAlpha);
    }

    /** The inverse of {@link #rho}. */
    public static double timeOfRho(NoiseSchedule schedule, double rho) {
        return schedule.timeOfLogAlpha(-0.5 * Math.log1p(rho * rho));
    }

    /** Where the network is evaluated at rho. */
    public TimePoint at(double rho) {
        double alpha = 1 / Math.sqrt(1 + rho * rho);
        return new TimePoint(schedule.label(timeOfRho(schedule, rho)), alpha, rho * alpha);
    }

    /** The nodes as rho, from the noise to the output. */
    public double[] nodes() {
        return nodes.clone();
    }

    /** The solver as a sampler program. Its initial state is y = x_T / alpha_T, its output x = alpha y. */
    public SamplerProgram program(ButcherTableau tableau) {
        int stages = tableau.stages();
        int registers = stages == 1 ? 1 : 1 + stages;
        List<SamplerCall> calls = new ArrayList<>();
        for (int n = 0; n + 1 < nodes.length; n++) {
            double h = nodes[n + 1] - nodes[n];
            for (int i = 0; i < stages; i++) {
                TimePoint at = at(nodes[n] + tableau.c(i) * h);
                calls.add(
                        stages == 1
                                ? new SamplerCall(
                                        at,
                                        at.alpha(),
                                        new double[] {1},
                                        new double[][] {{1}},
                                        new double[] {h},
                                        new double[] {0},
                                        0)
                                : stage(tableau, registers, i, h, at));
            }
        }
        double[] output = new double[registers];
        output[0] = at(nodes[nodes.length - 1]).alpha();
        return new SamplerProgram(
                "probability-flow " + tableau.name().toLowerCase(Locale.ROOT) + " in rho, " + (nodes.length - 1)
                        + " steps",
                PredictionType.EPSILON,
                OutputTransform.none(),
                registers,
                1 / at(nodes[0]).alpha(),
                calls,
                output);
    }

    /** Register 0 is the stage's input X_i, 1 the start of the step y, 2.. the slopes k_0 .. k_{s-2}. */
    private static SamplerCall stage(ButcherTableau tableau, int registers, int i, double h, TimePoint at) {
        int stages = tableau.stages();
        boolean first = i == 0;
        boolean last = i == stages - 1;
        double[][] transition = new double[registers][registers];
        double[] ofOutput = new double[registers];
        // In the first stage the input is the start of the step.
        int base = first ? 0 : 1;
        transition[0][base] = 1;
        for (int j = 0; j < i; j++) {
            transition[0][2 + j] = h * (last ? tableau.b(j) : tableau.a(i + 1, j));
        }
        ofOutput[0] = h * (last ? tableau.b(i) : tableau.a(i + 1, i));
        if (!last) {
            transition[1][base] = 1;
            for (int j = 0; j < i; j++) {
                transition[2 + j][2 + j] = 1;
            }
            ofOutput[2 + i] = 1;
        }
        double[] input = new double[registers];
        input[0] = 1;
        return new SamplerCall(at, at.alpha(), input, transition, ofOutput, new double[registers], 0);
    }
}
