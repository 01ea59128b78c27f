package org.plumbline.kernel.chain;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * The transposed sampler program with cuts.
 *
 * <p>With Lambda the adjoints of the registers, one tensor or zero (null) each, call k is passed by
 *
 * <pre>
 *   g_h      = T'(h_k)^T (b_k . Lambda) + r_k . Lambda
 *   g_u      = J_k^T g_h                     one vector-Jacobian product at the recorded input u_k
 *   Lambda_j = (A_k^T Lambda)_j + c_k w_kj g_u
 * </pre>
 *
 * <p>which is exact for every program, noise included, since the noise is a constant given its key. At a cut the adjoint
 * of the state is replaced by weight * z_k / s_k before call k is passed.
 */
final class BackwardSweep {
    private final SamplerProgram program;
    private final PredictionType prediction;
    private final GuidedDenoiser denoiser;
    private final int rows;

    BackwardSweep(SamplerProgram program, PredictionType prediction, GuidedDenoiser denoiser, int rows) {
        this.program = program;
        this.prediction = prediction;
        this.denoiser = denoiser;
        this.rows = rows;
    }

    /**
     * Runs the sweep.
     *
     * @param arena owns intermediate values
     * @param rewardGradient dR_i / dx_0, needed if the plan starts from the reward
     */
    double[] run(TensorArena arena, Recording recording, SweepPlan plan, @Nullable Tensor rewardGradient) {
        Denoiser.GradientSink sink = denoiser.sink();
        @Nullable Tensor[] adjoints = new @Nullable Tensor[program.registers()];
        if (rewardGradient != null) {
            double[] weights = plan.rewardWeights();
            Tensor start = arena.scaleRows(overRows(weights == null ? new double[rows] : weights, 1), rewardGradient);
            for (int i = 0; i < adjoints.length; i++) {
                adjoints[i] = scaled(arena, program.output()[i], start);
            }
        }
        for (int k = program.size() - 1; k >= recording.first(); k--) {
            try (TensorArena step = arena.nested()) {
                if (plan.stopsBefore(k)) {
                    free(adjoints);
                }
                Tensor arriving = plan.arriving(k);
                if (arriving != null) {
                    RegisterMachine.Sum sum = new RegisterMachine.Sum();
                    sum.add(1, adjoints[0]);
                    sum.add(1.0 / rows, arriving);
                    replace(adjoints, 0, sum.evaluate(arena));
                }
                double[] cut = plan.cutWeights(k);
                if (cut != null) {
                    Tensor residual = plan.cutResidual(k);
                    Tensor z = residual == null ? recording.noise(step, k) : residual;
                    replace(
                            adjoints,
                            0,
                            arena.scaleRows(overRows(cut, program.calls().get(k).noise()), z));
                }
                if (!zero(adjoints)) {
                    @Nullable Tensor[] before = pass(step, recording, plan, k, adjoints, sink);
                    for (int j = 0; j < before.length; j++) {
                        Tensor adjoint = before[j];
                        replace(adjoints, j, adjoint == null ? null : arena.adopt(adjoint));
                    }
                }
            }
        }
        Tensor initial = adjoints[0];
        if (initial != null && recording.first() == 0) {
            sink.initialState(initial, 1);
        }
        return sink.gradient();
    }

    private @Nullable Tensor[] pass(
            TensorArena arena,
            Recording recording,
            SweepPlan plan,
            int k,
            @Nullable Tensor[] adjoints,
            Denoiser.GradientSink sink) {
        SamplerCall call = program.calls().get(k);
        Tensor throughInput = null;
        Tensor besideInput = null;
        double passed = inputReachesSomething(recording, plan, k) ? plan.inputFactor(k) : 0;
        Tensor cotangent = cotangent(arena, recording, call, k, adjoints);
        if (cotangent != null) {
            if (passed != 0) {
                throughInput = denoiser.pullBack(
                                arena,
                                recording.input(arena, k),
                                call.at(),
                                program.wanted(),
                                cotangent,
                                sink,
                                plan.parameterFactor(k))
                        .input();
            } else if (plan.collects(k)) {
                denoiser.collect(
                        arena,
                        recording.input(arena, k),
                        call.at(),
                        program.wanted(),
                        cotangent,
                        sink,
                        plan.parameterFactor(k));
            }
            if (passed != 1) {
                double direct = prediction
                        .to(program.wanted(), call.at().alpha(), call.at().sigma())
                        .ofInput();
                besideInput = scaled(arena, direct, cotangent);
            }
        }
        @Nullable Tensor[] before = new @Nullable Tensor[adjoints.length];
        for (int j = 0; j < before.length; j++) {
            double toInput = call.inputScale() * call.inputWeights()[j];
            RegisterMachine.Sum sum = new RegisterMachine.Sum();
            for (int i = 0; i < adjoints.length; i++) {
                sum.add(call.transition()[i][j], adjoints[i]);
            }
            sum.add(passed * toInput, throughInput);
            sum.add((1 - passed) * toInput, besideInput);
            before[j] = sum.evaluate(arena);
        }
        return before;
    }

    /** False if what passes through the network's input at call k would be dropped or replaced right after. */
    private boolean inputReachesSomething(Recording recording, SweepPlan plan, int k) {
        if (k == recording.first()) {
            return k == 0 && denoiser.trainsInitialState();
        }
        if (plan.stopsBefore(k - 1)) {
            return false;
        }
        if (plan.cutWeights(k - 1) == null) {
            return true;
        }
        double[] weights = program.calls().get(k).inputWeights();
        for (int j = 1; j < weights.length; j++) {
            if (weights[j] != 0) {
                return true;
            }
        }
        return false;
    }

    /** g_h. */
    private @Nullable Tensor cotangent(
            TensorArena arena, Recording recording, SamplerCall call, int k, @Nullable Tensor[] adjoints) {
        RegisterMachine.Sum ofOutput = new RegisterMachine.Sum();
        RegisterMachine.Sum ofRaw = new RegisterMachine.Sum();
        for (int i = 0; i < adjoints.length; i++) {
            if (program.transform().identity()) {
                ofRaw.add(call.ofOutput()[i] + call.ofRaw()[i], adjoints[i]);
            } else {
                ofOutput.add(call.ofOutput()[i], adjoints[i]);
                ofRaw.add(call.ofRaw()[i], adjoints[i]);
            }
        }
        Tensor transformed = ofOutput.evaluate(arena);
        if (transformed != null) {
            double[] h = recording.prediction(arena, k).toDoubles();
            ofRaw.add(
                    1,
                    arena.tensor(program.transform().pullBack(h, transformed.toDoubles(), rows), transformed.shape()));
        }
        return ofRaw.evaluate(arena);
    }

    /** weights[i] / (B divisor). */
    private double[] overRows(double[] weights, double divisor) {
        double[] factors = new double[rows];
        for (int i = 0; i < rows; i++) {
            factors[i] = weights[i] / (rows * divisor);
        }
        return factors;
    }

    private static @Nullable Tensor scaled(TensorArena arena, double factor, Tensor x) {
        RegisterMachine.Sum sum = new RegisterMachine.Sum();
        sum.add(factor, x);
        return sum.evaluate(arena);
    }

    private static boolean zero(@Nullable Tensor[] adjoints) {
        for (Tensor adjoint : adjoints) {
            if (adjoint != null) {
                return false;
            }
        }
        return true;
    }

    private static void free(@Nullable Tensor[] adjoints) {
        for (int i = 0; i < adjoints.length; i++) {
            replace(adjoints, i, null);
        }
    }

    private static void replace(@Nullable Tensor[] adjoints, int i, @Nullable Tensor next) {
        Tensor old = adjoints[i];
        if (old != null) {
            old.close();
        }
        adjoints[i] = next;
    }
}
