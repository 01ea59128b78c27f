package org.plumbline.plugins.model.diffusers.adapter;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.plumbline.spi.model.AdapterForm;

/**
 * What the name of a tensor in a file of adapters says.
 *
 * @param layer as it is called there: with dots, and in kohya's form with underscores in their place
 * @param part of the adapter
 */
record TensorName(String layer, Part part) {
    /** The tensors of one adapter. */
    enum Part {
        /** The matrix that is applied first. */
        A,
        /** The matrix that is applied second. */
        B,
        /** A number. */
        ALPHA
    }

    private static final String PEFT_PREFIX = "base_model.model.";
    private static final String KOHYA_PREFIX = "lora_";

    /** Ends of names, each with the part that it means; the names of older files included. */
    private static final List<Ending> ENDINGS = List.of(
            new Ending("\\.lora_A(?:\\.default)?\\.weight", Part.A),
            new Ending("\\.lora_B(?:\\.default)?\\.weight", Part.B),
            new Ending("\\.lora\\.down\\.weight", Part.A),
            new Ending("\\.lora\\.up\\.weight", Part.B),
            new Ending("\\.lora_down\\.weight", Part.A),
            new Ending("\\.lora_up\\.weight", Part.B),
            new Ending("_lora\\.down\\.weight", Part.A),
            new Ending("_lora\\.up\\.weight", Part.B),
            new Ending("\\.alpha", Part.ALPHA));

    private record Ending(Pattern pattern, Part part) {
        Ending(String pattern, Part part) {
            this(Pattern.compile("(.+)" + pattern), part);
        }
    }

    /** The form whose names these are. */
    static AdapterForm form(Iterable<String> names) {
        for (String name : names) {
            if (name.startsWith(PEFT_PREFIX)) {
                return AdapterForm.PEFT;
            }
            if (name.startsWith(KOHYA_PREFIX)) {
                return AdapterForm.KOHYA;
            }
        }
        return AdapterForm.DIFFUSERS;
    }

    /** True if the tensor adapts a text network. */
    static boolean ofTextNetwork(String name) {
        return name.startsWith("text_encoder") || name.startsWith(KOHYA_PREFIX + "te");
    }

    /**
     * Reads a name.
     *
     * @param component the part of the model that is adapted, for example {@code unet}
     * @return empty if it is not the name of a part of a plain low-rank adapter
     */
    static Optional<TensorName> parse(String name, AdapterForm form, String component) {
        String path = switch (form) {
            case DIFFUSERS -> without(component + ".", name);
            case PEFT -> without(component + ".", without(PEFT_PREFIX, name));
            case KOHYA -> without(KOHYA_PREFIX + component + "_", name);
        };
        for (Ending ending : ENDINGS) {
            Matcher matcher = ending.pattern.matcher(path);
            if (matcher.matches()) {
                // Files of early versions name the object that did the attention, and its one output to_out.
                String layer = matcher.group(1).replace(".processor.", ".");
                return Optional.of(new TensorName(
                        layer.endsWith(".to_out") && path.contains("to_out_lora") ? layer + ".0" : layer, ending.part));
            }
        }
        return Optional.empty();
    }

    private static String without(String prefix, String name) {
        return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
    }

    /** The layer's name as it is in a form. */
    static String layer(String layer, AdapterForm form) {
        return form == AdapterForm.KOHYA ? layer.replace('.', '_') : layer;
    }

    /**
     * Writes a name.
     *
     * @param upDown whether the form of diffusers says up and down, as it does for the layers of attention, or A and B
     */
    static String write(String layer, Part part, AdapterForm form, String component, boolean upDown) {
        String letter = part == Part.A ? "A" : "B";
        String word = part == Part.A ? "down" : "up";
        return switch (form) {
            case DIFFUSERS -> component + "." + layer + (upDown ? ".lora." + word : ".lora_" + letter) + ".weight";
            case PEFT -> PEFT_PREFIX + layer + ".lora_" + letter + ".weight";
            case KOHYA ->
                KOHYA_PREFIX + component + "_" + layer(layer, form)
                        + (part == Part.ALPHA ? ".alpha" : ".lora_" + word + ".weight");
        };
    }
}
