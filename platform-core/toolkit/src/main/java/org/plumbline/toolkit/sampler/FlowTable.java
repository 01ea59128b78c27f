package org.plumbline.toolkit.sampler;

import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * A solver of the probability flow as a sampler program, with where its nodes are.
 *
 * @param program the program; its first register is y, and the others hold slopes
 * @param positions the nodes s_0 .. s_N
 * @param starts call {@code starts[n]} is the first one after node n: before it the first register holds y at s_n;
 *     {@code starts[N]} is the number of calls
 */
public record FlowTable(SamplerProgram program, double[] positions, int[] starts) {
    /** N, the number of steps. */
    public int steps() {
        return starts.length - 1;
    }

    /**
     * What every call's output weighs in the final y: sum_k weights[k] m_k is the solver as a quadrature, for what is
     * integrated along the way and does not enter the slope.
     */
    public double[] quadrature() {
        double[] weights = new double[program.size()];
        double[] adjoint = new double[program.registers()];
        adjoint[0] = 1;
        for (int k = program.size() - 1; k >= 0; k--) {
            SamplerCall call = program.calls().get(k);
            double[] before = new double[adjoint.length];
            for (int i = 0; i < adjoint.length; i++) {
                weights[k] += adjoint[i] * call.ofOutput()[i];
                for (int j = 0; j < adjoint.length; j++) {
                    before[j] += call.transition()[i][j] * adjoint[i];
                }
            }
            adjoint = before;
        }
        return weights;
    }
}
