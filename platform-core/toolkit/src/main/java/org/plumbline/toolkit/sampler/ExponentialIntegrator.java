package org.plumbline.toolkit.sampler;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.IntUnaryOperator;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;

/**
 * The probability-flow ODE in the variables of a {@link FlowDomain}, in which it has no linear part: its explicit
 * Runge-Kutta and Adams-Bashforth solvers as sampler programs.
 *
 * <p>Registers: y, and the slopes that later calls need. The input of a Runge-Kutta stage is a combination of both. Every
 * call is made at its own continuous time, found from its position.
 *
 * <p>Source: Zhang and Chen: Fast sampling of diffusion models with exponential integrator. ICLR 2023; Pan et al.:
 * AdjointDPM. ICLR 2024. Coefficients for unequal steps: Hairer, Norsett and Wanner: Solving ordinary differential
 * equations I, III.5.
 */
public final class ExponentialIntegrator {
    private final FlowDomain domain;
    private final double[] nodes;
    private final DoubleFunction<TimePoint> place;

    /**
     * In the noise domain.
     *
     * @param times the nodes, continuous times in descending order from the noise to the output, at least two
     */
    public ExponentialIntegrator(NoiseSchedule schedule, double[] times) {
        this(schedule, FlowDomain.NOISE, times);
    }

    /**
     * In either domain.
     *
     * @param times the nodes, continuous times in descending order from the noise to the output, at least two
     */
    public ExponentialIntegrator(NoiseSchedule schedule, FlowDomain domain, double[] times) {
        this(
                domain,
                Arrays.stream(times).map(t -> domain.position(schedule, t)).toArray(),
                position -> domain.at(schedule, position));
    }

    /**
     * With an own rule for where the network is evaluated.
     *
     * @param nodes positions of the nodes, from the first to the last
     * @param place the time point for a position
     */
    public ExponentialIntegrator(FlowDomain domain, double[] nodes, DoubleFunction<TimePoint> place) {
        this.domain = domain;
        this.nodes = nodes.clone();
        this.place = place;
    }

    /** How the nodes are spread between T = 1 and t_0 = 1 / N. */
    public enum Grid {
        /** Equal steps of time. */
        TIME_UNIFORM,
        /** Equal steps of the square root of time. */
        TIME_QUADRATIC,
        /** Equal steps of log (alpha / sigma); for schedules that hold signal at T. */
        LOG_SNR;

        /** The steps + 1 nodes from 1 down to 1 / N. */
        public double[] times(NoiseSchedule schedule, int steps) {
            return times(schedule, steps, 1);
        }

        /** The steps + 1 nodes from a time down to 1 / N. */
        public double[] times(NoiseSchedule schedule, int steps, double first) {
            double last = 1.0 / schedule.trainSteps();
            double[] times = new double[steps + 1];
            for (int i = 0; i <= steps; i++) {
                double s = (double) i / steps;
                times[i] = switch (this) {
                    case TIME_UNIFORM -> first + s * (last - first);
                    case TIME_QUADRATIC -> Math.pow(Math.sqrt(first) + s * (Math.sqrt(last) - Math.sqrt(first)), 2);
                    case LOG_SNR -> {
                        double from = -Math.log(rho(schedule, first));
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
        return FlowDomain.NOISE.position(schedule, t);
    }

    /** The inverse of {@link #rho}. */
    public static double timeOfRho(NoiseSchedule schedule, double rho) {
        return FlowDomain.NOISE.timeOf(schedule, rho);
    }

    /** Where the network is evaluated at a position. */
    public TimePoint at(double position) {
        return place.apply(position);
    }

    /** The nodes' positions, from the first to the last. */
    public double[] nodes() {
        return nodes.clone();
    }

    /** The same nodes from the last to the first: the way back. */
    public ExponentialIntegrator reversed() {
        double[] back = new double[nodes.length];
        Arrays.setAll(back, n -> nodes[nodes.length - 1 - n]);
        return new ExponentialIntegrator(domain, back, place);
    }

    /** A Runge-Kutta method as a sampler program. Its initial state is y of unit noise at the first node, its output x. */
    public SamplerProgram program(ButcherTableau tableau) {
        return table(tableau).program();
    }

    /** A Runge-Kutta method. */
    public FlowTable table(ButcherTableau tableau) {
        return table(tableau.name().toLowerCase(Locale.ROOT), tableau, step -> 0, false);
    }

    /**
     * The Adams-Bashforth method of an order, with coefficients for the nodes as they are. Its first order - 1 steps are
     * made by a Runge-Kutta method.
     *
     * @param order p, at least 2
     */
    public FlowTable adamsBashforth(int order, ButcherTableau starter) {
        return table("adams-bashforth-" + order, starter, step -> step < order - 1 ? 0 : order, false);
    }

    /**
     * A multistep method whose order changes from step to step.
     *
     * @param name for reports
     * @param starter the method of the steps without an order
     * @param orderOf how many slopes step n uses, at most n + 1; 0 for a Runge-Kutta step
     * @param asIfUniform whether the coefficients of equal steps are used, whatever the nodes are
     */
    public FlowTable table(String name, ButcherTableau starter, IntUnaryOperator orderOf, boolean asIfUniform) {
        int steps = nodes.length - 1;
        boolean runge = false;
        int history = 0;
        for (int n = 0; n < steps; n++) {
            runge |= orderOf.applyAsInt(n) == 0;
            history = Math.max(history, orderOf.applyAsInt(n) - 1);
        }
        // y, the slopes of a step's stages but the last, the slopes at earlier nodes.
        Layout layout = new Layout(1 + (runge ? starter.stages() - 1 : 0), history);
        List<SamplerCall> calls = new ArrayList<>();
        int[] starts = new int[steps + 1];
        for (int n = 0; n < steps; n++) {
            int order = orderOf.applyAsInt(n);
            if (order == 0) {
                for (int i = 0; i < starter.stages(); i++) {
                    calls.add(stage(starter, layout, i, nodes[n], nodes[n + 1] - nodes[n]));
                }
            } else {
                calls.add(multistep(layout, n, adamsCoefficients(n, order, asIfUniform)));
            }
            starts[n + 1] = calls.size();
        }
        double[] output = new double[layout.registers()];
        output[0] = domain.scale(at(nodes[steps]));
        SamplerProgram program = new SamplerProgram(
                "probability-flow " + name + " in " + (domain == FlowDomain.NOISE ? "rho" : "gamma") + ", " + steps
                        + " steps",
                domain.slope(),
                OutputTransform.none(),
                layout.registers(),
                1 / domain.scale(at(nodes[0])),
                calls,
                output);
        return new FlowTable(program, nodes, starts);
    }

    /**
     * Which register holds what.
     *
     * @param firstOld the first of the slopes at earlier nodes, the youngest
     * @param history how many of them there are
     */
    private record Layout(int firstOld, int history) {
        int registers() {
            return firstOld + history;
        }
    }

    /** X_i = y + h sum_{j<i} a_ij k_j, and after the last stage y' = y + h sum b_j k_j. */
    private SamplerCall stage(ButcherTableau tableau, Layout layout, int i, double from, double h) {
        TimePoint at = at(from + tableau.c(i) * h);
        boolean last = i == tableau.stages() - 1;
        double[] input = new double[layout.registers()];
        double[][] transition = new double[layout.registers()][layout.registers()];
        double[] ofOutput = new double[layout.registers()];
        input[0] = 1;
        transition[0][0] = 1;
        for (int j = 0; j < i; j++) {
            input[1 + j] = h * tableau.a(i, j);
            if (last) {
                transition[0][1 + j] = h * tableau.b(j);
            } else {
                transition[1 + j][1 + j] = 1;
            }
        }
        ofOutput[last ? 0 : 1 + i] = last ? h * tableau.b(i) : 1;
        if (i == 0) {
            // The first stage is the slope at the node.
            remember(layout, transition, ofOutput);
        } else {
            for (int j = layout.firstOld(); j < layout.registers(); j++) {
                transition[j][j] = 1;
            }
        }
        return new SamplerCall(at, domain.scale(at), input, transition, ofOutput, new double[layout.registers()], 0);
    }

    /** y' = y + sum_j beta_j f_{n-j}. */
    private SamplerCall multistep(Layout layout, int n, double[] beta) {
        TimePoint at = at(nodes[n]);
        double[] input = new double[layout.registers()];
        double[][] transition = new double[layout.registers()][layout.registers()];
        double[] ofOutput = new double[layout.registers()];
        input[0] = 1;
        transition[0][0] = 1;
        ofOutput[0] = beta[0];
        for (int j = 1; j < beta.length; j++) {
            transition[0][layout.firstOld() + j - 1] = beta[j];
        }
        remember(layout, transition, ofOutput);
        return new SamplerCall(at, domain.scale(at), input, transition, ofOutput, new double[layout.registers()], 0);
    }

    private static void remember(Layout layout, double[][] transition, double[] ofOutput) {
        if (layout.history() > 0) {
            ofOutput[layout.firstOld()] = 1;
        }
        for (int j = layout.firstOld() + 1; j < layout.registers(); j++) {
            transition[j][j - 1] = 1;
        }
    }

    /** The integral over step n of the polynomial through the last slopes: one weight for each, the youngest first. */
    private double[] adamsCoefficients(int n, int order, boolean asIfUniform) {
        double h = nodes[n + 1] - nodes[n];
        double[] at = new double[order];
        for (int j = 0; j < order; j++) {
            at[j] = asIfUniform ? nodes[n] - j * h : nodes[n - j];
        }
        return PolynomialIntegrals.overPosition(at, nodes[n + 1]);
    }
}
