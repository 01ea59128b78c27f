package org.plumbline.it;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.ConditionedMlp;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

/** The same vector-Jacobian product of a small network again and again. Belongs to a session and its thread. */
final class GradientCalls implements AutoCloseable {
    private final BackendSession session;
    private final Network network;
    private final double[] theta;
    private final int rows;

    GradientCalls(BackendSession session, int rows) {
        this.session = session;
        this.rows = rows;
        ClosedFormModel model = ClosedFormModel.of(
                ConditionedMlp.standard(),
                DiscreteNoiseSchedule.ofBetas(
                        BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64),
                List.of("one", "other"),
                new double[] {0.3, -0.2, 0.5},
                new double[] {-0.4, 0.1, 0.2});
        TrainableWeights weights = model.trainable(new TrainableTarget.Full(List.of()));
        network = session.compile(weights.denoiser(), model.denoiserWeights(), weights.layout());
        theta = weights.initial(1);
    }

    /** The gradient of the parameters; the same bits every time. */
    double[] gradient() {
        try (TensorArena arena = session.arena()) {
            Map<String, Tensor> inputs = new HashMap<>();
            Set<String> wrt = new HashSet<>();
            for (TensorSpec spec : network.definition().inputs()) {
                long[] shape = spec.shape();
                shape[0] = rows;
                inputs.put(spec.name(), arena.tensor(values(shape, inputs.size()), shape));
                wrt.add(spec.name());
            }
            Tensor output = network.forward(arena, arena.tensor(theta, theta.length), inputs);
            VectorJacobian pulled =
                    network.vjp(arena, arena.tensor(theta, theta.length), inputs, output, Set.copyOf(wrt));
            return Objects.requireNonNull(pulled.parameterGradient()).toDoubles();
        }
    }

    private static double[] values(long[] shape, int seed) {
        double[] values = new double[Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b))];
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.5 + 0.4 * Math.sin(1.0 + i + 7.0 * seed);
        }
        return values;
    }

    @Override
    public void close() {
        network.close();
    }
}
