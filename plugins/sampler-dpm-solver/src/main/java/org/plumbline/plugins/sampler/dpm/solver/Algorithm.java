package org.plumbline.plugins.sampler.dpm.solver;

import java.util.Arrays;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.toolkit.sampler.ModelSettings;

/** The four forms of DPM-Solver: of which prediction a polynomial is made, with or without noise. */
enum Algorithm {
    /** DPM-Solver: the noise, ODE. */
    NOISE("dpmsolver", PredictionType.EPSILON),
    /** DPM-Solver++: the sample, ODE. */
    DATA("dpmsolver++", PredictionType.SAMPLE),
    /** The noise, SDE. */
    SDE_NOISE("sde-dpmsolver", PredictionType.EPSILON),
    /** The sample, SDE. */
    SDE_DATA("sde-dpmsolver++", PredictionType.SAMPLE);

    private final String key;
    private final PredictionType quantity;

    Algorithm(String key, PredictionType quantity) {
        this.key = key;
        this.quantity = quantity;
    }

    /** The name in a {@code scheduler_config.json}. */
    String key() {
        return key;
    }

    /** What the formulas are written in. */
    PredictionType quantity() {
        return quantity;
    }

    /** The same without noise. */
    Algorithm deterministic() {
        return switch (this) {
            case SDE_NOISE -> NOISE;
            case SDE_DATA -> DATA;
            case NOISE, DATA -> this;
        };
    }

    /** What the settings say; the name that DEIS uses for its own form means the usual one. */
    static Algorithm of(ModelSettings settings, Sampler.Request request, Algorithm... allowed) {
        String[] keys = Arrays.stream(allowed).map(Algorithm::key).toArray(String[]::new);
        String[] known = Arrays.copyOf(keys, keys.length + 1);
        known[keys.length] = "deis";
        String chosen = settings.choice("algorithm_type", DATA.key, known);
        Algorithm algorithm = Arrays.stream(allowed)
                .filter(candidate -> candidate.key.equals(chosen))
                .findFirst()
                .orElse(DATA);
        if (algorithm.quantity == PredictionType.EPSILON && request.prediction() == PredictionType.FLOW) {
            throw settings.unsupported("algorithm_type", algorithm.key, "dpmsolver++, for models of flow matching");
        }
        return algorithm;
    }
}
