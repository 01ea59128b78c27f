package org.plumbline.toolkit.settings;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * Where in the user's settings something is read, for messages.
 *
 * @param asker whose settings they are, for example {@code estimator 'rlr'}
 * @param key the path of keys so far; empty at the top
 * @param defaultText the default of the setting that is read, if there is one
 */
record Place(String asker, String key, @Nullable String defaultText) {
    Place child(String name, @Nullable String itsDefault) {
        return new Place(asker, key.isEmpty() ? name : key + "." + name, itsDefault);
    }

    Place element(int index) {
        return new Place(asker, key + "[" + index + "]", defaultText);
    }

    /** The full key of something beneath this place. */
    String keyOf(String name) {
        return child(name, null).key;
    }

    PlumblineException badValue(Object written, String allowed) {
        return PlumblineException.of(StandardError.BAD_VALUE)
                .asked(asker + ": " + quoted(written) + " as '" + key + "'")
                .available(allowed + (defaultText == null ? "" : "; the default is " + defaultText))
                .remedy("correct the value" + (defaultText == null ? "" : ", or leave the key out"))
                .build();
    }

    private static String quoted(Object written) {
        if (written instanceof String text) {
            return "'" + text + "'";
        }
        return written instanceof Map<?, ?> section
                ? "a section with the keys " + section.keySet()
                : written.toString();
    }
}
