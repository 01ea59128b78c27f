package org.plumbline.testkit.estimator;

import java.util.Map;
import java.util.Optional;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ImageDecoder;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.spi.sampler.NoiseSchedule;

/**
 * A model whose decoder asks for few latents at a time.
 *
 * @param inner the same model without that wish
 * @param rows how many
 */
record DecodedInPieces(DiffusionModel inner, int rows) implements DiffusionModel {
    @Override
    public ImageDecoder imageDecoder() {
        ImageDecoder decoder = inner.imageDecoder();
        return new ImageDecoder() {
            @Override
            public long[] imageShape() {
                return decoder.imageShape();
            }

            @Override
            public GraphDefinition graph() {
                return decoder.graph();
            }

            @Override
            public WeightSource weights() {
                return decoder.weights();
            }

            @Override
            public int rowsPerCall() {
                return rows;
            }
        };
    }

    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public long[] latentShape() {
        return inner.latentShape();
    }

    @Override
    public NoiseSchedule schedule() {
        return inner.schedule();
    }

    @Override
    public PredictionType prediction() {
        return inner.prediction();
    }

    @Override
    public Map<String, Object> samplerSettings() {
        return inner.samplerSettings();
    }

    @Override
    public GraphDefinition denoiser() {
        return inner.denoiser();
    }

    @Override
    public WeightSource denoiserWeights() {
        return inner.denoiserWeights();
    }

    @Override
    public Optional<PromptEncoder> promptEncoder() {
        return inner.promptEncoder();
    }

    @Override
    public TrainableWeights trainable(TrainableTarget.Weights target) {
        return inner.trainable(target);
    }
}
