package org.plumbline.toolkit.sampler;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;

/**
 * Writes a sampler program from formulas. A sampler says, call by call, what each register holds afterwards, as a
 * {@link Linear} combination of the {@link #register registers} before and of the network's {@link #noise} or
 * {@link #sample}; the writer fills in the table. The network sees the first register.
 *
 * <pre>{@code
 * ProgramWriter euler = new ProgramWriter(1, PredictionType.EPSILON, transform);
 * Linear y = euler.register(0);
 * euler.call(at, at.alpha(), 0, y.plus(next - here, euler.noise(at, y.times(at.alpha()))));
 * }</pre>
 */
public final class ProgramWriter {
    private final int registers;
    private final PredictionType wanted;
    private final OutputTransform transform;
    private final List<SamplerCall> calls = new ArrayList<>();

    /**
     * @param registers R
     * @param quantity what the formulas are written in: EPSILON or SAMPLE; another prediction only for formulas that are
     *     written in {@link #output} alone. Where the predicted sample is transformed, the network is asked for the sample
     *     in place of the noise
     * @param transform of the predicted sample
     */
    public ProgramWriter(int registers, PredictionType quantity, OutputTransform transform) {
        this.registers = registers;
        this.wanted = transform.identity() ? quantity : PredictionType.SAMPLE;
        this.transform = transform;
    }

    /** What a register holds before the call. */
    public Linear register(int j) {
        double[] weights = new double[registers];
        weights[j] = 1;
        return new Linear(weights, 0, 0);
    }

    /** Nothing. */
    public Linear zero() {
        return new Linear(new double[registers], 0, 0);
    }

    /** m, the transformed output. */
    public Linear output() {
        return new Linear(new double[registers], 1, 0);
    }

    /**
     * The noise eps that the network sees, consistent with the transformed sample.
     *
     * @param input u = alpha x0 + sigma eps
     */
    public Linear noise(TimePoint at, Linear input) {
        return wanted == PredictionType.EPSILON
                ? output()
                : input.plus(-at.alpha(), output()).times(1 / at.sigma());
    }

    /**
     * The transformed clean sample.
     *
     * @param input u = alpha x0 + sigma eps
     */
    public Linear sample(TimePoint at, Linear input) {
        return wanted == PredictionType.EPSILON
                ? input.plus(-at.sigma(), output()).times(1 / at.alpha())
                : output();
    }

    /**
     * Adds a call.
     *
     * @param inputScale the network sees this multiple of the first register
     * @param noise standard deviation of the noise that enters the first register
     * @param next what every register holds afterwards
     */
    public void call(TimePoint at, double inputScale, double noise, Linear... next) {
        if (next.length != registers) {
            throw new IllegalArgumentException(next.length + " combinations for " + registers + " registers");
        }
        double[] input = new double[registers];
        input[0] = 1;
        double[][] transition = new double[registers][];
        double[] ofOutput = new double[registers];
        double[] ofRaw = new double[registers];
        for (int i = 0; i < registers; i++) {
            transition[i] = next[i].registers();
            ofOutput[i] = next[i].output();
            ofRaw[i] = next[i].raw();
        }
        calls.add(new SamplerCall(at, inputScale, input, transition, ofOutput, ofRaw, noise));
    }

    /** The program; its output is the first register. */
    public SamplerProgram program(String name, double initScale) {
        double[] output = new double[registers];
        output[0] = 1;
        String full = transform.identity() ? name : name + ", " + transform;
        return new SamplerProgram(full, wanted, transform, registers, initScale, calls, output);
    }
}
