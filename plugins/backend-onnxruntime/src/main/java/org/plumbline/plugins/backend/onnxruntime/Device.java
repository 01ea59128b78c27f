package org.plumbline.plugins.backend.onnxruntime;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * Where to compute.
 *
 * @param setting as the user wrote it
 * @param card number of the CUDA device; empty for the CPU
 */
record Device(String setting, OptionalInt card) {
    private static final Pattern FORM = Pattern.compile("cpu|cuda(?::(\\d{1,3}))?");

    /**
     * Reads a device setting.
     *
     * @param setting cpu, cuda or cuda:N
     * @throws PlumblineException {@link StandardError#BAD_VALUE} if it is none of these
     */
    static Device parse(String setting) {
        Matcher matcher = FORM.matcher(setting);
        if (!matcher.matches()) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("device '" + setting + "'")
                    .available("cpu, cuda, cuda:N with N the number of the card")
                    .build();
        }
        if (setting.equals("cpu")) {
            return new Device(setting, OptionalInt.empty());
        }
        String number = matcher.group(1);
        return new Device(setting, OptionalInt.of(number == null ? 0 : Integer.parseInt(number)));
    }

    @Override
    public String toString() {
        return setting;
    }
}
