package org.plumbline.plugins.estimator.adjoint.dpm;

import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.ExponentialIntegrator;
import org.plumbline.toolkit.sampler.FlowDomain;
import org.plumbline.toolkit.sampler.FlowTable;

/**
 * The probability flow as the published code of AdjointDPM solves it for Stable Diffusion, which differs from the paper:
 *
 * <ul>
 *   <li>N nodes, hence N - 1 steps, at N equally spaced training steps from the last one to 0, fractions included; their
 *       rho is interpolated between the training steps, in float32;
 *   <li>between two nodes the network is told the time and the rho of the nearest one (of two equally near ones the
 *       noisier), so that a method of higher order is of first order;
 *   <li>the initial y is rho_max times the noise, not sqrt(rho_max^2 + 1) times;
 *   <li>the final y is taken for x_0, without division by sqrt(rho_min^2 + 1).
 * </ul>
 */
final class PublishedGrid {
    private final double[] labels;
    private final double[] rho;

    PublishedGrid(NoiseSchedule schedule, int nodes) {
        labels = new double[nodes];
        rho = new double[nodes];
        int last = schedule.trainSteps() - 1;
        for (int i = 0; i < nodes; i++) {
            labels[i] = nodes == 1 ? 0 : (double) last * (nodes - 1 - i) / (nodes - 1);
            int below = Math.min((int) labels[i], last - 1);
            double share = labels[i] - below;
            rho[i] = (float) (rho(schedule, below) + share * (rho(schedule, below + 1) - rho(schedule, below)));
        }
    }

    /** sqrt((1 - abar) / abar), every operation rounded to float32. */
    private static double rho(NoiseSchedule schedule, int step) {
        float alphaBar = (float) schedule.alphaBar(step);
        return (float) Math.sqrt((1 - alphaBar) / alphaBar);
    }

    double[] nodes() {
        return rho.clone();
    }

    /** The nearest node. */
    private TimePoint at(double position) {
        int nearest = 0;
        for (int i = 1; i < rho.length; i++) {
            if (Math.abs(rho[i] - position) < Math.abs(rho[nearest] - position)) {
                nearest = i;
            }
        }
        double alpha = 1 / Math.sqrt(1 + rho[nearest] * rho[nearest]);
        return new TimePoint(labels[nearest], alpha, rho[nearest] * alpha);
    }

    private ExponentialIntegrator integrator() {
        return new ExponentialIntegrator(FlowDomain.NOISE, rho, this::at);
    }

    FlowTable forwards(ButcherTableau tableau) {
        return published(integrator().table(tableau));
    }

    FlowTable backwards(ButcherTableau tableau) {
        return integrator().reversed().table(tableau);
    }

    /** Two Runge-Kutta steps, then as many slopes as there are, at most eleven, with the coefficients of equal steps. */
    FlowTable adamsForwards(ButcherTableau starter) {
        return published(integrator()
                .table("adams-bashforth", starter, step -> step < 2 ? 0 : Math.min(step + 1, 11), true));
    }

    /** With the initial and the final scale of the published code. */
    private FlowTable published(FlowTable table) {
        SamplerProgram program = table.program();
        double[] output = new double[program.registers()];
        output[0] = 1;
        return new FlowTable(
                new SamplerProgram(
                        program.name() + ", as published",
                        program.wanted(),
                        program.transform(),
                        program.registers(),
                        rho[0],
                        program.calls(),
                        output),
                table.positions(),
                table.starts());
    }
}
