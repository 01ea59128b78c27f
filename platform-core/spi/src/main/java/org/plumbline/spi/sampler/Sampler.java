package org.plumbline.spi.sampler;

import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.provenance.Citable;

/** Writes sampler programs (diffusers: a scheduler). Immutable and thread-safe. */
@ConsumerType
public interface Sampler extends Citable {
    /**
     * The program for a model.
     *
     * @throws PlumblineException {@link StandardError#BAD_VALUE} or {@link StandardError#INCOMPATIBLE} if the settings
     *     do not fit the model
     */
    SamplerProgram program(Request request);

    /**
     * What a sampler must know of a model and a run.
     *
     * @param schedule the model's noise schedule
     * @param prediction what the model predicts
     * @param steps number of steps, at least 1
     * @param modelSettings the settings stored with the model; the sampler's own configuration goes before them
     */
    record Request(NoiseSchedule schedule, PredictionType prediction, int steps, Map<String, Object> modelSettings) {
        public Request {
            modelSettings = Map.copyOf(modelSettings);
        }
    }
}
