package org.plumbline.spi.sampler;

import java.util.Map;
import java.util.Set;
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
     * The schedulers whose stored settings this sampler reads as they are, by class name in a
     * {@code scheduler_config.json}. It is what the host makes a model's own sampler from; a class is read by one of the
     * installed samplers.
     */
    default Set<String> schedulerClasses() {
        return Set.of();
    }

    /**
     * What a sampler must know of a model and a run.
     *
     * @param schedule the model's noise schedule
     * @param prediction what the model predicts
     * @param steps number of steps, at least 1
     * @param modelSettings the settings stored with the model; the sampler's own configuration goes before them
     * @param firstStep how many of the steps are left out at the noisy end, below {@code steps}: 0 for all of them, more
     *     for a start from a sample with noise. The program's initial scale is then what a latent alpha x0 + sigma eps at
     *     the first call is multiplied with
     */
    record Request(
            NoiseSchedule schedule,
            PredictionType prediction,
            int steps,
            Map<String, Object> modelSettings,
            int firstStep) {
        public Request {
            modelSettings = Map.copyOf(modelSettings);
            if (firstStep < 0 || (firstStep > 0 && firstStep >= steps)) {
                throw new IllegalArgumentException("first step " + firstStep + " of " + steps);
            }
        }

        /** All steps. */
        public Request(
                NoiseSchedule schedule, PredictionType prediction, int steps, Map<String, Object> modelSettings) {
            this(schedule, prediction, steps, modelSettings, 0);
        }
    }
}
