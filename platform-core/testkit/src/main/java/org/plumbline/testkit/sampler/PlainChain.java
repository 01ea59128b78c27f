package org.plumbline.testkit.sampler;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * A sampler program on plain arrays, straight from the definition of its table: nothing of the host takes part. The
 * registers are changed by every step. Not thread-safe.
 */
final class PlainChain {
    private final SamplerProgram program;
    private final PredictionType prediction;
    private final int rows;
    private final double[][] registers;

    /**
     * @param prediction what the network predicts
     * @param start the first register
     */
    PlainChain(SamplerProgram program, PredictionType prediction, int rows, double[] start) {
        this.program = program;
        this.prediction = prediction;
        this.rows = rows;
        registers = new double[program.registers()][start.length];
        registers[0] = start.clone();
    }

    /** The first register, which may be changed. */
    double[] state() {
        return registers[0];
    }

    /** The network's input at call k. */
    double[] input(int k) {
        SamplerCall call = program.calls().get(k);
        double[] u = new double[registers[0].length];
        for (int r = 0; r < registers.length; r++) {
            add(u, call.inputScale() * call.inputWeights()[r], registers[r]);
        }
        return u;
    }

    /**
     * Makes call k.
     *
     * @param z the noise of the call
     * @param network gives the prediction for an input
     */
    void step(int k, double[] z, UnaryOperator<double[]> network) {
        SamplerCall call = program.calls().get(k);
        double[] u = input(k);
        double[] raw = network.apply(u);
        PredictionType.Affine affine =
                prediction.to(program.wanted(), call.at().alpha(), call.at().sigma());
        double[] h = new double[u.length];
        Arrays.setAll(h, i -> affine.ofInput() * u[i] + affine.ofPrediction() * raw[i]);
        double[] m = program.transform().apply(h, rows);
        double[][] next = new double[registers.length][u.length];
        for (int r = 0; r < registers.length; r++) {
            for (int j = 0; j < registers.length; j++) {
                add(next[r], call.transition()[r][j], registers[j]);
            }
            add(next[r], call.ofOutput()[r], m);
            add(next[r], call.ofRaw()[r], h);
        }
        add(next[0], call.noise(), z);
        System.arraycopy(next, 0, registers, 0, next.length);
    }

    /** The output x0. */
    double[] output() {
        double[] x = new double[registers[0].length];
        for (int r = 0; r < registers.length; r++) {
            add(x, program.output()[r], registers[r]);
        }
        return x;
    }

    private static void add(double[] sum, double weight, double[] term) {
        for (int i = 0; i < sum.length && weight != 0; i++) {
            sum[i] += weight * term[i];
        }
    }
}
