package org.plumbline.plugins.estimator.adjoint.dpm;

import java.util.Objects;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.toolkit.sampler.FlowTable;
import org.plumbline.toolkit.sampler.LinearCombination;

/**
 * The states y of a sampled flow at any position: those of its nodes, and between them the cubic polynomial through the
 * four nearest nodes, an error of fourth order in the step.
 */
final class Nodes {
    private static final int POINTS = 4;

    private final FlowTable forward;
    private final Trajectory sampled;

    Nodes(FlowTable forward, Trajectory sampled) {
        this.forward = forward;
        this.sampled = sampled;
    }

    /** y at a position; in the arena, or the trajectory's. */
    Tensor at(TensorArena arena, double position) {
        double[] positions = forward.positions();
        int after = 0;
        while (after < positions.length - 1 && before(positions[after], position)) {
            after++;
        }
        if (positions[after] == position) {
            return state(after);
        }
        int points = Math.min(POINTS, positions.length);
        int first = Math.max(0, Math.min(after - points / 2, positions.length - points));
        LinearCombination sum = new LinearCombination();
        for (int j = first; j < first + points; j++) {
            double weight = 1;
            for (int i = first; i < first + points; i++) {
                if (i != j) {
                    weight *= (position - positions[i]) / (positions[j] - positions[i]);
                }
            }
            sum.add(weight, state(j));
        }
        return Objects.requireNonNull(sum.in(arena));
    }

    private Tensor state(int node) {
        return sampled.state(forward.starts()[node]);
    }

    /** True if a node lies strictly before a position on the way from the noise to the output. */
    private boolean before(double node, double position) {
        double[] positions = forward.positions();
        boolean rising = positions[positions.length - 1] > positions[0];
        return rising ? node < position : node > position;
    }
}
