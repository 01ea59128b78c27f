package org.plumbline.plugins.reward.digits;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Finds the digit that a prompt asks for. */
final class DigitWords {
    /** How many digits there are. */
    static final int COUNT = 10;

    private static final List<String> WORDS =
            List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");

    private DigitWords() {}

    /**
     * The one digit of which the prompt contains the word or the numeral.
     *
     * @throws PlumblineException {@link StandardError#BAD_VALUE} if there is none or more than one
     */
    static int digitOf(String prompt) {
        Set<Integer> found = new TreeSet<>();
        for (String word : prompt.toLowerCase(Locale.ROOT).split("[^a-z0-9]+", -1)) {
            int digit = WORDS.indexOf(word);
            if (digit < 0 && word.length() == 1 && Character.isDigit(word.charAt(0))) {
                digit = word.charAt(0) - '0';
            }
            if (digit >= 0) {
                found.add(digit);
            }
        }
        if (found.size() != 1) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("prompt '" + prompt + "' names " + (found.isEmpty() ? "no digit" : "the digits " + found))
                    .available("prompts with exactly one of: " + String.join(", ", WORDS))
                    .remedy("change the prompt, or give the reward the setting 'digit'")
                    .build();
        }
        return found.iterator().next();
    }
}
