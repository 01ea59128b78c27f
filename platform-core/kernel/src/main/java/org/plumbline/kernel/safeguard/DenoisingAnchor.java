package org.plumbline.kernel.safeguard;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.data.CaptionedDataset.Split;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.noise.NoiseStream;

/**
 * The loss of pre-training on captioned images, mean over pixels of |eps - eps_theta(alpha x_0 + sigma eps)|^2 without
 * guidance: the fine-tuned model is still to denoise what the pre-trained one learned from. ReFL's regulariser, for every
 * estimator. One noise level is drawn per update. Costs per sample two evaluations and one backward.
 *
 * <p>For models that denoise pixels; the images are in [-1, 1] like the model's.
 *
 * <p>Source: Xu et al.: ImageReward. NeurIPS 2023.
 */
public final class DenoisingAnchor implements Anchor {
    private final double weight;
    private final CaptionedDataset dataset;
    private final long seed;

    /**
     * @param weight of the loss
     * @param dataset images on which it is computed
     * @param seed decides images, noise and noise levels
     */
    public DenoisingAnchor(double weight, CaptionedDataset dataset, long seed) {
        this.weight = weight;
        this.dataset = dataset;
        this.seed = seed;
    }

    @Override
    public Pull pull(Workbench workbench, Rollout rollout, SamplingChain chain) {
        int rows = chain.rows();
        NoiseStream random = NoiseStream.of(seed, "anchor.denoising", chain.update());
        NoiseSchedule schedule = chain.schedule();
        TimePoint at = TimePoint.ofStep(schedule, random.nextInt(schedule.trainSteps()));
        List<String> captions = new ArrayList<>();
        double[] noisy = null;
        double[] noise = null;
        int size = 0;
        for (int row = 0; row < rows; row++) {
            CaptionedDataset.Example example =
                    dataset.example(Split.GENERATOR, random.nextInt(dataset.size(Split.GENERATOR)), random);
            captions.add(example.caption());
            if (noisy == null || noise == null) {
                size = example.pixels().length;
                noisy = new double[rows * size];
                noise = new double[rows * size];
            }
            for (int i = 0; i < size; i++) {
                double eps = random.nextGaussian();
                noise[row * size + i] = eps;
                noisy[row * size + i] = at.alpha() * example.pixels()[i] + at.sigma() * eps;
            }
        }
        if (noisy == null || noise == null) {
            throw new IllegalStateException("a chain without rows");
        }
        long[] latent = workbench.parts().model().latentShape();
        long[] shape = new long[latent.length + 1];
        shape[0] = rows;
        System.arraycopy(latent, 0, shape, 1, latent.length);
        Batch batch = new Batch(captions, NoiseSource.keyed(seed, "anchor.denoising", chain.update()));
        try (Rollout images = workbench.rollout(chain.program(), batch, chain.parameters());
                SamplingChain here = workbench.chain(images, chain.parameters(), seed, chain.update())) {
            TensorArena arena = here.arena();
            Tensor u = arena.tensor(noisy, shape);
            Denoiser denoiser = here.unguided();
            Tensor predicted = denoiser.predict(arena, u, at, PredictionType.EPSILON);
            Tensor error = arena.combine(new double[] {1, -1}, List.of(predicted, arena.tensor(noise, shape)));
            double loss = Arrays.stream(arena.dotRows(error, error)).sum() / ((double) rows * size);
            Tensor cotangent = arena.combine(new double[] {-weight * 2 / ((double) rows * size)}, List.of(error));
            Denoiser.GradientSink sink = denoiser.sink();
            denoiser.pullBack(arena, u, at, PredictionType.EPSILON, cotangent, sink, 1);
            return new Pull(sink.gradient(), "anchor-denoising", loss);
        }
    }
}
