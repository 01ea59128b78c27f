package org.plumbline.kernel.chain;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardModel;

/** Decoder and reward: from final latents to images, from images to rewards, and back. */
final class RewardHead implements AutoCloseable {
    private final RewardModel reward;
    private final long[] imageShape;
    private final @Nullable Network network;
    private final Ledger ledger;

    RewardHead(BackendSession session, RewardModel reward, long[] imageShape, Ledger ledger) {
        this.reward = reward;
        this.imageShape = imageShape.clone();
        this.ledger = ledger;
        this.network = reward instanceof DifferentiableRewardModel differentiable
                ? session.compile(differentiable.graph(imageShape), differentiable.weights(), ParameterLayout.empty())
                : null;
    }

    /** Rewards of images on the device, one per row. */
    double[] score(TensorArena arena, Tensor images, List<String> prompts) {
        ledger.reward(images.rows());
        double[] rewards;
        if (network != null) {
            try (TensorArena scratch = arena.nested()) {
                Tensor output = network.forward(scratch, null, inputs(scratch, images, prompts));
                rewards = Returned.output(network, output, images.rows()).toDoubles();
            }
        } else {
            rewards = ((BlackBoxRewardModel) reward).score(batch(images, imageShape), prompts);
        }
        return checked(rewards, images.rows());
    }

    /** Rewards with their gradients with respect to the images. */
    Scored scoreWithGradient(TensorArena arena, Tensor images, List<String> prompts) {
        ledger.reward(images.rows());
        if (network == null) {
            throw new UnsupportedOperationException("this reward has no gradient");
        }
        double[] ones = new double[images.rows()];
        Arrays.fill(ones, 1);
        Map<String, Tensor> inputs = inputs(arena, images, prompts);
        Set<String> wrt = Set.of(DifferentiableRewardModel.IMAGE);
        VectorJacobian pulled = Returned.products(
                network,
                network.vjp(arena, null, inputs, arena.tensor(ones, ones.length), wrt),
                null,
                inputs,
                wrt,
                ones.length);
        return new Scored(
                checked(pulled.output().toDoubles(), images.rows()),
                Objects.requireNonNull(pulled.inputGradients().get(DifferentiableRewardModel.IMAGE)));
    }

    private Map<String, Tensor> inputs(TensorArena arena, Tensor images, List<String> prompts) {
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(DifferentiableRewardModel.IMAGE, images);
        Map<String, double[]> more = ((DifferentiableRewardModel) reward).inputs(prompts);
        for (TensorSpec spec : Objects.requireNonNull(network).definition().inputs()) {
            if (!spec.name().equals(DifferentiableRewardModel.IMAGE)) {
                double[] values = Objects.requireNonNull(more.get(spec.name()), spec.name());
                long[] shape = spec.shape();
                shape[0] = images.rows();
                inputs.put(spec.name(), arena.tensor(values, shape));
            }
        }
        return inputs;
    }

    /** Images in memory. */
    static ImageBatch batch(Tensor images, long[] imageShape) {
        return ImageBatch.of(images.toDoubles(), images.rows(), imageShape);
    }

    private static double[] checked(double[] rewards, int rows) {
        if (rewards.length != rows) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("the reward gave " + rewards.length + " values for " + rows + " images")
                    .build();
        }
        for (int i = 0; i < rows; i++) {
            if (!Double.isFinite(rewards[i])) {
                throw PlumblineException.of(StandardError.NOT_FINITE)
                        .asked("the reward of sample " + i + " is " + rewards[i])
                        .remedy("lower the learning rate, or look at the images of the last evaluation")
                        .build();
            }
        }
        return rewards;
    }

    @Override
    public void close() {
        if (network != null) {
            network.close();
        }
    }

    /**
     * @param rewards one per row
     * @param gradient row i is the gradient of reward i
     */
    record Scored(double[] rewards, Tensor gradient) {}
}
