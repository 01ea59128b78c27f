package org.plumbline.testkit.sampler;

import java.util.Map;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.Sampler;

/** The contract for one sampler with one kind of model, for suites that go through many of both. */
public abstract class ConfiguredSamplerContract extends SamplerContract {
    private final Sampler sampler;
    private final PredictionType prediction;
    private final Map<String, Object> modelSettings;
    private final int steps;

    /**
     * @param modelSettings what is stored with the model, as in a scheduler_config.json
     * @param steps of the program
     */
    protected ConfiguredSamplerContract(
            Sampler sampler, PredictionType prediction, Map<String, Object> modelSettings, int steps) {
        this.sampler = sampler;
        this.prediction = prediction;
        this.modelSettings = Map.copyOf(modelSettings);
        this.steps = steps;
    }

    @Override
    protected final Sampler sampler() {
        return sampler;
    }

    @Override
    protected final PredictionType prediction() {
        return prediction;
    }

    @Override
    protected final Map<String, Object> modelSettings() {
        return modelSettings;
    }

    @Override
    protected final int steps() {
        return steps;
    }
}
