package org.plumbline.plugins.estimator.rex;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.FlowDomain;

/**
 * The reversible coupling of a Runge-Kutta method as a sampler program. With Psi_h(s, y) the method's increment,
 *
 * <pre>
 *   y' = zeta y + (1 - zeta) z + Psi_h(s, z)
 *   z' = z - Psi_{-h}(s', y')
 * </pre>
 *
 * <p>starting from y = z and ending with y. Both are linear in the network's outputs. Registers: z, y, and the slopes of
 * the running increment but the last. The last z' is of no use and is not made, so that the state register ends with the
 * z of the last step, from which the chain can be made backwards.
 *
 * <p>Source: McCallum and Foster: Efficient, accurate and stable gradients for neural ODEs. 2024.
 */
final class CoupledFlow {
    private static final int Z = 0;
    private static final int Y = 1;

    private final NoiseSchedule schedule;
    private final FlowDomain domain;
    private final ButcherTableau tableau;
    private final double zeta;
    private final double[] nodes;

    /**
     * @param times the nodes, continuous times from the noise to the output
     */
    CoupledFlow(NoiseSchedule schedule, FlowDomain domain, ButcherTableau tableau, double zeta, double[] times) {
        this.schedule = schedule;
        this.domain = domain;
        this.tableau = tableau;
        this.zeta = zeta;
        this.nodes = new double[times.length];
        for (int n = 0; n < times.length; n++) {
            nodes[n] = domain.position(schedule, times[n]);
        }
    }

    /** The positions of the nodes. */
    double[] nodes() {
        return nodes.clone();
    }

    TimePoint at(double position) {
        return domain.at(schedule, position);
    }

    SamplerProgram program() {
        int steps = nodes.length - 1;
        List<SamplerCall> calls = new ArrayList<>();
        for (int n = 0; n < steps; n++) {
            double h = nodes[n + 1] - nodes[n];
            increment(calls, nodes[n], h, n == 0 ? new double[] {1, 0} : new double[] {1 - zeta, zeta}, Z, Y, 1);
            if (n + 1 < steps) {
                increment(calls, nodes[n + 1], -h, new double[] {1, 0}, Y, Z, -1);
            }
        }
        double[] output = new double[registers()];
        output[Y] = domain.scale(at(nodes[steps]));
        return new SamplerProgram(
                "reversible " + tableau.name().toLowerCase(Locale.ROOT) + " in "
                        + (domain == FlowDomain.NOISE ? "rho" : "gamma") + ", " + steps + " steps",
                domain.slope(),
                OutputTransform.none(),
                registers(),
                1 / domain.scale(at(nodes[0])),
                calls,
                output);
    }

    private int registers() {
        return 2 + tableau.stages() - 1;
    }

    /** The stages of an increment at register {@code of}; after the last, to = kept . (z, y) + sign Psi. */
    private void increment(List<SamplerCall> calls, double from, double h, double[] kept, int of, int to, double sign) {
        int stages = tableau.stages();
        for (int i = 0; i < stages; i++) {
            boolean last = i == stages - 1;
            TimePoint at = at(from + tableau.c(i) * h);
            double[] input = new double[registers()];
            double[][] transition = new double[registers()][registers()];
            double[] ofOutput = new double[registers()];
            input[of] = 1;
            transition[Z][Z] = 1;
            transition[Y][Y] = 1;
            if (last) {
                transition[to][Z] = kept[Z];
                transition[to][Y] = kept[Y];
            }
            for (int j = 0; j < i; j++) {
                input[2 + j] = h * tableau.a(i, j);
                if (last) {
                    transition[to][2 + j] = sign * h * tableau.b(j);
                } else {
                    transition[2 + j][2 + j] = 1;
                }
            }
            ofOutput[last ? to : 2 + i] = last ? sign * h * tableau.b(i) : 1;
            calls.add(new SamplerCall(at, domain.scale(at), input, transition, ofOutput, new double[registers()], 0));
        }
    }
}
