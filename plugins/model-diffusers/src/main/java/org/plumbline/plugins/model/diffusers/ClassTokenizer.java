package org.plumbline.plugins.model.diffusers;

import java.util.Locale;
import java.util.Map;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.Tokenizer;

/**
 * Takes the number of a class, or its name where the model's index has names, as the prompt. The empty prompt is the last
 * class, which models that are trained for guidance keep for "none in particular".
 *
 * @param classes how many there are
 * @param names numbers by name, in lower case
 */
record ClassTokenizer(int classes, Map<String, Integer> names) implements Tokenizer {
    ClassTokenizer {
        names = Map.copyOf(names);
    }

    @Override
    public long[] tokenize(String prompt) {
        String text = prompt.strip();
        if (text.isEmpty()) {
            return new long[] {classes - 1L};
        }
        Integer named = names.get(text.toLowerCase(Locale.ROOT));
        if (named != null && named < classes) {
            return new long[] {named};
        }
        // Ten digits or more are beyond any number of classes.
        if (text.matches("[0-9]{1,9}") && Integer.parseInt(text) < classes) {
            return new long[] {Integer.parseInt(text)};
        }
        throw PlumblineException.of(StandardError.BAD_VALUE)
                .asked("the prompt '" + prompt + "' of a model that is conditioned on classes")
                .available("the number of a class, 0 to " + (classes - 1)
                        + (names.isEmpty() ? "" : ", or its name as in the model's index") + "; nothing for no class")
                .build();
    }
}
