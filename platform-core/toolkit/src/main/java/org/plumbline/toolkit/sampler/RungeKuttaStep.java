package org.plumbline.toolkit.sampler;

import java.util.List;
import java.util.Objects;
import java.util.function.DoubleFunction;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.sampler.TimePoint;

/**
 * The increment Psi of one explicit Runge-Kutta step of the probability flow, y' = y + Psi, and its transpose, for
 * estimators that integrate the flow themselves:
 *
 * <pre>
 *   X_i = y + h sum_{j&lt;i} a_ij k_j      k_i = m(X_i)       Psi = h sum_i b_i k_i
 *   kbar_i = h b_i l + h sum_{j&gt;i} a_ji Xbar_j             Xbar_i = J_i^T kbar_i      Psi^T l = sum_i Xbar_i
 * </pre>
 *
 * <p>The transpose makes the stages again and holds one network graph at a time. It is exact for every explicit method,
 * also where some b_i is 0.
 *
 * <p>Source: Matsubara, Miyatake and Yaguchi: Symplectic adjoint method for exact gradient of neural ODE with minimal
 * memory. NeurIPS 2021.
 */
public final class RungeKuttaStep {
    private final FlowDomain domain;
    private final ButcherTableau tableau;
    private final DoubleFunction<TimePoint> place;
    private final Denoiser denoiser;

    /**
     * @param place where the network is evaluated at a position
     */
    public RungeKuttaStep(
            FlowDomain domain, ButcherTableau tableau, DoubleFunction<TimePoint> place, Denoiser denoiser) {
        this.domain = domain;
        this.tableau = tableau;
        this.place = place;
        this.denoiser = denoiser;
    }

    /**
     * An increment with what its transpose makes of a cotangent.
     *
     * @param increment Psi
     * @param input Psi^T l, with respect to y
     */
    public record Pulled(Tensor increment, Tensor input) {}

    /**
     * Psi from y at a position. Costs s evaluations.
     *
     * @param arena owns the result
     * @param h the step, of either sign
     */
    public Tensor increment(TensorArena arena, Tensor y, double from, double h) {
        try (TensorArena scratch = arena.nested()) {
            @Nullable Tensor[] slopes = slopes(scratch, y, from, h, tableau.stages());
            return arena.adopt(sum(scratch, h, slopes));
        }
    }

    /**
     * Psi and its transpose. Costs 2 s - 1 evaluations and s vector-Jacobian products.
     *
     * @param arena owns the results
     * @param cotangent l, of the increment
     * @param sink collects {@code factor} times the gradient of the trained parameters
     */
    public Pulled pullBack(
            TensorArena arena,
            Tensor y,
            double from,
            double h,
            Tensor cotangent,
            Denoiser.GradientSink sink,
            double factor) {
        int stages = tableau.stages();
        try (TensorArena scratch = arena.nested()) {
            @Nullable Tensor[] slopes = slopes(scratch, y, from, h, stages - 1);
            @Nullable Tensor[] inputs = new @Nullable Tensor[stages];
            LinearCombination total = new LinearCombination();
            for (int i = stages - 1; i >= 0; i--) {
                LinearCombination ofSlope = new LinearCombination().add(h * tableau.b(i), cotangent);
                for (int j = i + 1; j < stages; j++) {
                    ofSlope.add(h * tableau.a(j, i), inputs[j]);
                }
                Tensor bar = ofSlope.in(scratch);
                TimePoint at = place.apply(from + tableau.c(i) * h);
                Tensor x = x(scratch, y, slopes, i, h, at);
                if (bar != null) {
                    Denoiser.Pulled pulled = denoiser.pullBack(scratch, x, at, domain.slope(), bar, sink, factor);
                    slopes[i] = pulled.output();
                    inputs[i] = scratch.combine(new double[] {domain.scale(at)}, List.of(pulled.input()));
                    total.add(1, inputs[i]);
                }
            }
            return new Pulled(
                    arena.adopt(sum(scratch, h, slopes)), arena.adopt(Objects.requireNonNull(total.in(scratch))));
        }
    }

    /** The first slopes, the others null. */
    private @Nullable Tensor[] slopes(TensorArena scratch, Tensor y, double from, double h, int count) {
        @Nullable Tensor[] slopes = new @Nullable Tensor[tableau.stages()];
        for (int i = 0; i < count; i++) {
            TimePoint at = place.apply(from + tableau.c(i) * h);
            slopes[i] = denoiser.predict(scratch, x(scratch, y, slopes, i, h, at), at, domain.slope());
        }
        return slopes;
    }

    /** The network's input at stage i. */
    private Tensor x(TensorArena scratch, Tensor y, @Nullable Tensor[] slopes, int i, double h, TimePoint at) {
        LinearCombination input = new LinearCombination().add(domain.scale(at), y);
        for (int j = 0; j < i; j++) {
            input.add(domain.scale(at) * h * tableau.a(i, j), slopes[j]);
        }
        return Objects.requireNonNull(input.in(scratch));
    }

    private Tensor sum(TensorArena scratch, double h, @Nullable Tensor[] slopes) {
        LinearCombination sum = new LinearCombination();
        for (int i = 0; i < slopes.length; i++) {
            sum.add(h * tableau.b(i), slopes[i]);
        }
        return Objects.requireNonNull(sum.in(scratch));
    }
}
