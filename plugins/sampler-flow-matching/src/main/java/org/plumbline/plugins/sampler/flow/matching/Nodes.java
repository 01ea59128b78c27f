package org.plumbline.plugins.sampler.flow.matching;

import java.util.Arrays;
import java.util.List;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Configuration;
import org.plumbline.plugins.sampler.flow.matching.FlowMatchingSampler.Spacing;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.toolkit.sampler.ModelSettings;
import org.plumbline.toolkit.sampler.SigmaSpacing;

/** The sigmas between which a flow is integrated. */
final class Nodes {
    private Nodes() {}

    /** The sigmas, from 1 to 0: K + 1, without those that a start in the middle leaves out. */
    static double[] of(Configuration configuration, Sampler.Request request, ModelSettings settings) {
        boolean modelIsDynamic = settings.flag("use_dynamic_shifting", false);
        double modelShift = settings.number("shift", 1);
        Double wanted = configuration.shift();
        boolean dynamic = wanted == null && modelIsDynamic;
        double usual = wanted != null ? wanted : modelShift;
        double shift = dynamicShift(configuration, settings, dynamic, usual);
        double terminal = settings.number("shift_terminal", 0);
        SigmaSpacing spread = SigmaSpacing.of(settings);
        int steps = request.steps();
        double smallest = 1.0 / request.schedule().trainSteps();
        // Training has shifted its sigmas only where the shift is fixed.
        double[] sigmas = even(configuration, request, dynamic, dynamic ? smallest : shifted(shift, smallest));
        Arrays.setAll(sigmas, i -> shifted(shift, sigmas[i]));
        double[] nodes = Arrays.copyOf(sigmas, steps + 1);
        if (terminal > 0) {
            double stretch = (1 - terminal) / (1 - sigmas[steps - 1]);
            for (int i = 0; i < steps; i++) {
                nodes[i] = 1 - (1 - nodes[i]) * stretch;
            }
        }
        if (spread != SigmaSpacing.TIMESTEPS) {
            System.arraycopy(spread.levels(nodes[0], nodes[steps - 1], steps), 0, nodes, 0, steps);
        }
        return Arrays.copyOfRange(nodes, request.firstStep(), steps + 1);
    }

    private static double[] even(Configuration configuration, Sampler.Request request, boolean dynamic, double end) {
        int steps = request.steps();
        List<Double> given = configuration.sigmas();
        if (given != null) {
            if (given.size() != steps || given.stream().anyMatch(sigma -> !(sigma > 0 && sigma <= 1))) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("sampler 'flow-matching' with sigmas: " + given + " and steps: " + steps)
                        .available("one sigma in (0, 1] for every step")
                        .build();
            }
            return given.stream().mapToDouble(Double::doubleValue).toArray();
        }
        Spacing usual = dynamic ? Spacing.UNIFORM : Spacing.TRAIN_STEPS;
        Spacing spacing = configuration.spacing() != null ? configuration.spacing() : usual;
        double[] even = new double[steps];
        Arrays.setAll(
                even,
                i -> spacing == Spacing.UNIFORM || steps == 1
                        ? 1 - (double) i / steps
                        : 1 + (end - 1) * i / (steps - 1));
        return even;
    }

    private static double shifted(double shift, double s) {
        return shift * s / (1 + (shift - 1) * s);
    }

    /**
     * Of an exponential time shift e^mu, of a linear one mu, with mu on the line through (base tokens, base shift) and
     * (largest tokens, largest shift); the fixed shift where shifting is not dynamic.
     */
    private static double dynamicShift(
            Configuration configuration, ModelSettings settings, boolean dynamic, double fixed) {
        double few = settings.number("base_image_seq_len", 256);
        double many = settings.number("max_image_seq_len", 4096);
        double low = settings.number("base_shift", 0.5);
        double high = settings.number("max_shift", 1.15);
        boolean linear = settings.choice("time_shift_type", "exponential", "exponential", "linear")
                .equals("linear");
        if (!dynamic) {
            return fixed;
        }
        Double mu = configuration.mu();
        Integer tokens = configuration.tokens();
        if (mu == null && tokens == null) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked(
                            "sampler 'flow-matching' with a model that shifts dynamically, and the number of image tokens"
                                    + " is not known")
                    .remedy(
                            "set tokens, for example 4096 for 1024 x 1024 images in patches of 16 x 16, or a fixed shift")
                    .build();
        }
        double exponent = mu != null ? mu : low + ((tokens == null ? 0 : tokens) - few) * (high - low) / (many - few);
        return linear ? exponent : Math.exp(exponent);
    }
}
