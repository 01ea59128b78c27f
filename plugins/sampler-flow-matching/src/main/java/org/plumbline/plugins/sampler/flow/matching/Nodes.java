package org.plumbline.plugins.sampler.flow.matching;

import java.util.Map;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Configuration;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Spacing;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.sampler.Sampler;

/** The sigmas between which a flow is integrated. */
final class Nodes {
    private Nodes() {}

    /** K + 1 sigmas from 1 to 0. */
    static double[] of(Configuration configuration, Sampler.Request request) {
        Map<String, Object> model = request.modelSettings();
        boolean dynamic = configuration.shift() == null && Boolean.TRUE.equals(model.get("use_dynamic_shifting"));
        double shift = dynamic ? dynamicShift(configuration, model) : fixedShift(configuration, model);
        Spacing usual = dynamic ? Spacing.UNIFORM : Spacing.TRAIN_STEPS;
        Spacing spacing = configuration.spacing() != null ? configuration.spacing() : usual;
        int steps = request.steps();
        double smallest = 1.0 / request.schedule().trainSteps();
        // Training has shifted its sigmas only where the shift is fixed.
        double end = dynamic ? smallest : shifted(shift, smallest);
        double[] sigmas = new double[steps + 1];
        for (int i = 0; i < steps; i++) {
            double even =
                    spacing == Spacing.UNIFORM || steps == 1 ? 1 - (double) i / steps : 1 + (end - 1) * i / (steps - 1);
            sigmas[i] = shifted(shift, even);
        }
        return sigmas;
    }

    private static double shifted(double shift, double s) {
        return shift * s / (1 + (shift - 1) * s);
    }

    private static double fixedShift(Configuration configuration, Map<String, Object> model) {
        Double wanted = configuration.shift();
        return wanted != null ? wanted : number(model, "shift", 1);
    }

    /** e^mu, mu on the line through (base tokens, base shift) and (largest tokens, largest shift). */
    private static double dynamicShift(Configuration configuration, Map<String, Object> model) {
        Integer tokens = configuration.tokens();
        if (tokens == null) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked(
                            "sampler 'flow-matching' with a model that shifts dynamically, and the number of image tokens"
                                    + " is not known")
                    .remedy(
                            "set tokens, for example 4096 for 1024 x 1024 images in patches of 16 x 16, or a fixed shift")
                    .build();
        }
        double few = number(model, "base_image_seq_len", 256);
        double many = number(model, "max_image_seq_len", 4096);
        double low = number(model, "base_shift", 0.5);
        double high = number(model, "max_shift", 1.15);
        return Math.exp(low + (tokens - few) * (high - low) / (many - few));
    }

    private static double number(Map<String, Object> model, String key, double otherwise) {
        return model.get(key) instanceof Number value ? value.doubleValue() : otherwise;
    }
}
