package org.plumbline.plugins.estimator.flowbp;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * A sampler with one register as Euler's method. With x' = a x + b m, and p the product of the a so far, y = x / p obeys
 *
 * <pre>  y_(k+1) = y_k + (q_(k+1) - q_k) m_k,     q_(k+1) - q_k = b_k / p_(k+1),</pre>
 *
 * Euler's steps of dy/dq = m in a coordinate q of the sampler's own. For the Euler sampler of flow matching p = 1 and q is
 * sigma; for DDIM without noise, predicting epsilon, q is proportional to sigma / alpha. Noise adds constants.
 *
 * @param p K + 1 products
 * @param q K + 1 coordinates, from 0
 */
record EulerCoordinate(double[] p, double[] q) {
    /** Of a program for which {@link #fits} holds. */
    static EulerCoordinate of(SamplerProgram program) {
        double[] p = new double[program.size() + 1];
        double[] q = new double[program.size() + 1];
        p[0] = 1;
        for (int k = 0; k < program.size(); k++) {
            SamplerCall call = program.calls().get(k);
            p[k + 1] = p[k] * call.transition()[0][0];
            q[k + 1] = q[k] + (call.ofOutput()[0] + call.ofRaw()[0]) / p[k + 1];
        }
        return new EulerCoordinate(p, q);
    }

    /** True if every step keeps the state and uses the prediction as it is. */
    static boolean fits(SamplerProgram program) {
        return program.registers() == 1
                && program.transform().identity()
                && program.calls().stream()
                        .allMatch(call -> call.readsStateOnly()
                                && call.transition()[0][0] != 0
                                && call.ofOutput()[0] + call.ofRaw()[0] != 0);
    }

    /** At most {@code order} of the calls {@code from} to {@code to - 1}, about evenly spread, {@code from} the first. */
    static List<Integer> support(int from, int to, int order) {
        int count = Math.min(order, to - from);
        List<Integer> support = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double place = count == 1 ? 0 : (double) i * (to - from - 1) / (count - 1);
            support.add(from + (int) Math.rint(place));
        }
        return support;
    }

    /**
     * The integrals from q_from to q_to of the Lagrange polynomials of the support points: sum_i w_i m_i is the leap that
     * integrates the interpolated prediction.
     */
    double[] leap(int from, int to, List<Integer> support) {
        double length = q[to] - q[from];
        double[] weights = new double[support.size()];
        for (int i = 0; i < weights.length; i++) {
            // Coefficients of the i-th polynomial in s = (q - q_from) / length, lowest power first.
            double[] polynomial = {1};
            for (int j = 0; j < weights.length; j++) {
                if (j != i) {
                    double root = (q[support.get(j)] - q[from]) / length;
                    double gap = (q[support.get(i)] - q[from]) / length - root;
                    double[] product = new double[polynomial.length + 1];
                    for (int power = 0; power < polynomial.length; power++) {
                        product[power] -= root * polynomial[power] / gap;
                        product[power + 1] += polynomial[power] / gap;
                    }
                    polynomial = product;
                }
            }
            for (int power = 0; power < polynomial.length; power++) {
                weights[i] += length * polynomial[power] / (power + 1);
            }
        }
        return weights;
    }
}
