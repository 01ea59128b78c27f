package org.plumbline.toolkit.sampler;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.Sampler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The options of a sampler: what the user configured, else what is stored with the model ({@code scheduler_config.json}),
 * else the default of the scheduler's class. Keys and values are spelled as in that file.
 *
 * <p>A sampler asks for every option it knows, whether or not it needs it this time, and then calls {@link #warnOfOthers}:
 * what nobody asked for is named in the log. Options that change the samples and that a sampler lacks are refused by
 * {@link #lacks}. Confined to one thread.
 */
public final class ModelSettings {
    /** Settings that several samplers have and that go before the model's. */
    public interface Configured {
        /** Puts what is configured before what the model says. */
        void putInto(ModelSettings settings);
    }

    /** The key under which a model names the class of its own sampler. */
    public static final String CLASS = "_class_name";

    private static final Logger LOG = LoggerFactory.getLogger(ModelSettings.class);

    /** What the model's loader reads: the schedule and the prediction. */
    private static final Set<String> OF_THE_MODEL = Set.of(
            "num_train_timesteps",
            "beta_start",
            "beta_end",
            "beta_schedule",
            "trained_betas",
            "rescale_betas_zero_snr",
            "prediction_type");

    private final String sampler;
    private final Map<String, Object> values;
    private final Set<String> classes;
    private final Set<String> known = new LinkedHashSet<>(OF_THE_MODEL);
    private final Set<String> configuredKeys = new LinkedHashSet<>();

    private ModelSettings(String sampler, Map<String, Object> values, Set<String> classes) {
        this.sampler = sampler;
        this.values = values;
        this.classes = classes;
    }

    /**
     * The settings of the model in a request.
     *
     * @param sampler id of the sampler, for messages
     * @param classes the scheduler classes whose settings it reads
     */
    public static ModelSettings of(String sampler, Sampler.Request request, Set<String> classes) {
        return new ModelSettings(sampler, new LinkedHashMap<>(request.modelSettings()), classes);
    }

    /** Puts what the user configured before what the model says; null leaves it to the model. */
    public ModelSettings with(String key, @Nullable Object configured) {
        if (configured != null) {
            values.put(key, configured instanceof Enum<?> choice ? spelled(choice) : configured);
            configuredKeys.add(key);
        }
        return this;
    }

    /** Puts a configured spread of noise levels before the model's; null leaves it to the model. */
    public ModelSettings with(@Nullable SigmaSpacing configured) {
        if (configured != null) {
            values.put("use_karras_sigmas", configured == SigmaSpacing.KARRAS);
            values.put("use_exponential_sigmas", configured == SigmaSpacing.EXPONENTIAL);
            values.put("use_beta_sigmas", configured == SigmaSpacing.BETA);
        }
        return this;
    }

    /** Puts a group of configured settings before the model's. */
    public ModelSettings with(Configured group) {
        group.putInto(this);
        return this;
    }

    /** The class that the model's file names, or an empty text. */
    public String className() {
        return values.get(CLASS) instanceof String name ? name : "";
    }

    /** A yes or no. */
    public boolean flag(String key, boolean otherwise) {
        Object value = value(key);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw bad(key, value, "true or false");
    }

    /** A whole number. */
    public int integer(String key, int otherwise) {
        return (int) number(key, otherwise);
    }

    /** A number; the file format writes infinities as text. */
    public double number(String key, double otherwise) {
        Double value = optional(key);
        return value != null ? value : otherwise;
    }

    /** A number, or null where nothing is said. */
    public @Nullable Double optional(String key) {
        Object value = value(key);
        if (value == null) {
            return null;
        }
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        return switch (String.valueOf(value).toLowerCase(Locale.ROOT)) {
            case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
            case "inf", "infinity" -> Double.POSITIVE_INFINITY;
            default -> throw bad(key, value, "a number");
        };
    }

    /** Numbers; none where nothing is said. */
    public List<Double> numbers(String key) {
        Object value = value(key);
        if (value == null) {
            return List.of();
        }
        if (value instanceof List<?> list && list.stream().allMatch(Number.class::isInstance)) {
            return list.stream().map(number -> ((Number) number).doubleValue()).toList();
        }
        throw bad(key, value, "a list of numbers");
    }

    /** One of several words. */
    public String choice(String key, String otherwise, String... allowed) {
        Object value = value(key);
        if (value == null) {
            return otherwise;
        }
        for (String word : allowed) {
            if (word.equals(value)) {
                return word;
            }
        }
        throw unsupported(key, value, String.join(", ", allowed));
    }

    /** One of an enum's constants, in the file in lower case. */
    public <E extends Enum<E>> E choice(String key, E otherwise) {
        Object value = value(key);
        if (value == null) {
            return otherwise;
        }
        Set<String> allowed = new LinkedHashSet<>();
        for (E constant : otherwise.getDeclaringClass().getEnumConstants()) {
            allowed.add(spelled(constant));
            if (spelled(constant).equals(value)) {
                return constant;
            }
        }
        throw unsupported(key, value, String.join(", ", allowed));
    }

    /** Refuses an option that is set otherwise than to {@code harmless}. */
    public void lacks(String key, Object harmless) {
        Object value = value(key);
        boolean same = value == null || value.equals(harmless);
        if (value instanceof Number one && harmless instanceof Number two) {
            same = one.doubleValue() == two.doubleValue();
        }
        if (!same) {
            throw unsupported(key, value, key + " " + harmless);
        }
    }

    /** The spacing of the training steps that are visited. */
    public TimestepSpacing spacing(TimestepSpacing otherwise) {
        return choice("timestep_spacing", otherwise);
    }

    /** What is done to the predicted sample: dynamic thresholding, or nothing. */
    public OutputTransform thresholding() {
        boolean wanted = flag("thresholding", false);
        double ratio = number("dynamic_thresholding_ratio", 0.995);
        double largest = number("sample_max_value", 1);
        return wanted ? new DynamicThresholding(ratio, largest) : OutputTransform.none();
    }

    /** What is done to the predicted sample: clipping, or nothing. */
    public OutputTransform clipping(boolean otherwise) {
        boolean wanted = flag("clip_sample", otherwise);
        double range = number("clip_sample_range", 1);
        return wanted ? new Clipping(range) : OutputTransform.none();
    }

    /** Thresholding goes before clipping. */
    public OutputTransform thresholdingOrClipping(boolean clipsOtherwise) {
        OutputTransform thresholding = thresholding();
        OutputTransform clipping = clipping(clipsOtherwise);
        return thresholding.identity() ? clipping : thresholding;
    }

    /** Names what the model's file says and this sampler did not ask for; only of files that are for this sampler. */
    public void warnOfOthers() {
        Set<String> others = new TreeSet<>(values.keySet());
        others.removeAll(known);
        others.removeIf(key -> key.startsWith("_"));
        if (!others.isEmpty() && classes.contains(className())) {
            LOG.warn("sampler '{}' does not know these settings of the model's {}: {}", sampler, className(), others);
        }
    }

    /** The refusal of a value whose meaning the sampler lacks. */
    public PlumblineException unsupported(String key, @Nullable Object value, String available) {
        String setting = key.replace('_', '-');
        boolean configured = configuredKeys.contains(key);
        return PlumblineException.of(StandardError.UNSUPPORTED)
                .asked("sampler '" + sampler + "' with " + (configured ? setting : "the model's " + key) + " '" + value
                        + "'")
                .available(available)
                .remedy(
                        configured
                                ? "correct the value of " + setting + ", or choose another sampler"
                                : "set " + setting + " in the sampler's section, or choose another sampler")
                .build();
    }

    /**
     * The refusal of a model whose kind does not suit the sampler.
     *
     * @param what the model, for example {@code a flow-matching model}
     */
    public PlumblineException unsuited(String what, String available, String remedy) {
        return PlumblineException.of(StandardError.INCOMPATIBLE)
                .asked("sampler '" + sampler + "' with " + what)
                .available(available)
                .remedy(remedy)
                .build();
    }

    /** The refusal of a number of steps, unless it is one. */
    public void requireSteps(Sampler.Request request, int least, int most) {
        if (request.steps() < least || request.steps() > most) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("sampler '" + sampler + "' with steps: " + request.steps())
                    .available(least + " to " + most + ", the model's training steps")
                    .build();
        }
    }

    /** Refuses a training step that the model does not have, which a large offset asks for. */
    public void requireTrained(double timestep, int trainSteps) {
        if (timestep >= trainSteps || timestep < 0) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("sampler '" + sampler + "' would visit training step " + timestep)
                    .available("0 to " + (trainSteps - 1))
                    .remedy("lower the number of steps or steps-offset, or choose timestep-spacing: trailing")
                    .build();
        }
    }

    private @Nullable Object value(String key) {
        known.add(key);
        return values.get(key);
    }

    private static String spelled(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private PlumblineException bad(String key, Object value, String available) {
        return PlumblineException.of(StandardError.BAD_VALUE)
                .asked("sampler '" + sampler + "' with " + key + ": " + value)
                .available(available)
                .build();
    }
}
