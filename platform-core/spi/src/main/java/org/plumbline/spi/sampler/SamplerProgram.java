package org.plumbline.spi.sampler;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.model.PredictionType;

/**
 * A sampler for one model and one number of steps, as data. See the package description.
 *
 * @param name sampler and settings, for reports
 * @param wanted what the denoiser's prediction is converted to: EPSILON or SAMPLE, for flow matching FLOW
 * @param transform what is done to the converted prediction
 * @param registers R
 * @param initScale scale of the initial noise
 * @param calls the calls, in order of execution
 * @param output e, one weight per register
 * @param deterministic the same calls without noise, each of which may stand in the place of its noisy one; null if the
 *     sampler has no such form
 */
public record SamplerProgram(
        String name,
        PredictionType wanted,
        OutputTransform transform,
        int registers,
        double initScale,
        List<SamplerCall> calls,
        double[] output,
        @Nullable SamplerProgram deterministic) {
    /** A program without a deterministic form. */
    public SamplerProgram(
            String name,
            PredictionType wanted,
            OutputTransform transform,
            int registers,
            double initScale,
            List<SamplerCall> calls,
            double[] output) {
        this(name, wanted, transform, registers, initScale, calls, output, null);
    }

    public SamplerProgram {
        calls = List.copyOf(calls);
        output = output.clone();
        if (calls.isEmpty()) {
            throw new IllegalArgumentException("sampler program '" + name + "' has no calls");
        }
        require(output.length == registers, name, "output", output.length, registers);
        for (SamplerCall call : calls) {
            require(call.inputWeights().length == registers, name, "w", call.inputWeights().length, registers);
            require(call.ofOutput().length == registers, name, "b", call.ofOutput().length, registers);
            require(call.ofRaw().length == registers, name, "r", call.ofRaw().length, registers);
            require(call.transition().length == registers, name, "A", call.transition().length, registers);
            for (double[] row : call.transition()) {
                require(row.length == registers, name, "a row of A", row.length, registers);
            }
            if (!(call.noise() >= 0)) {
                throw new IllegalArgumentException("sampler program '" + name + "' has noise " + call.noise());
            }
        }
    }

    /** The same program with this deterministic form of the same calls and registers. */
    public SamplerProgram withDeterministic(SamplerProgram form) {
        require(form.calls.size() == calls.size(), name, "the deterministic form", form.calls.size(), calls.size());
        require(form.registers == registers, name, "the deterministic form", form.registers, registers);
        return new SamplerProgram(name, wanted, transform, registers, initScale, calls, output, form);
    }

    /**
     * The program with noise on some calls and its deterministic form on all others.
     *
     * @throws IllegalStateException if the sampler has no deterministic form
     */
    public SamplerProgram withNoiseOnlyAt(BitSet noisy) {
        SamplerProgram form = deterministic;
        if (form == null) {
            throw new IllegalStateException(name + " has no deterministic form");
        }
        List<SamplerCall> mixed = new ArrayList<>();
        for (int k = 0; k < calls.size(); k++) {
            mixed.add(noisy.get(k) ? calls.get(k) : form.calls.get(k));
        }
        return new SamplerProgram(
                name + ", noise only at calls " + noisy, wanted, transform, registers, initScale, mixed, output, form);
    }

    @Override
    public double[] output() {
        return output.clone();
    }

    /** K, the number of network calls. */
    public int size() {
        return calls.size();
    }

    /**
     * True if the state register alone carries the past across every call: no memory of earlier outputs. Then a window
     * of calls can be treated in isolation.
     */
    public boolean markov() {
        return registers == 1;
    }

    /** True if noise enters at call k. */
    public boolean stochastic(int k) {
        return calls.get(k).stochastic();
    }

    /** The whole table as text, a line per call, for people who check it against a paper. */
    public String table() {
        StringBuilder text = new StringBuilder(name)
                .append(": ")
                .append(registers)
                .append(registers == 1 ? " register" : " registers")
                .append(", network output as ")
                .append(wanted.name().toLowerCase(Locale.ROOT))
                .append(", initial scale ")
                .append(initScale)
                .append('\n');
        for (int k = 0; k < calls.size(); k++) {
            SamplerCall call = calls.get(k);
            StringJoiner rows = new StringJoiner(" ");
            for (double[] row : call.transition()) {
                rows.add(numbers(row));
            }
            text.append(String.format(
                    Locale.ROOT,
                    "%3d  t=%9.3f  alpha=%.8f sigma=%.8f  c=%.8f w=%s  A=%s  b=%s  r=%s  s=%.8f%n",
                    k,
                    call.at().label(),
                    call.at().alpha(),
                    call.at().sigma(),
                    call.inputScale(),
                    numbers(call.inputWeights()),
                    rows,
                    numbers(call.ofOutput()),
                    numbers(call.ofRaw()),
                    call.noise()));
        }
        return text.append("x0 = ").append(numbers(output)).append(" . Y\n").toString();
    }

    private static String numbers(double[] values) {
        StringJoiner text = new StringJoiner(", ", "[", "]");
        for (double value : values) {
            text.add(String.format(Locale.ROOT, "%.8f", value));
        }
        return text.toString();
    }

    private static void require(boolean fits, String program, String what, int found, int registers) {
        if (!fits) {
            throw new IllegalArgumentException("sampler program '" + program + "': " + what + " has " + found
                    + " entries for " + registers + " registers");
        }
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public String toString() {
        return name + " with " + calls.size() + " calls, output " + Arrays.toString(output);
    }
}
