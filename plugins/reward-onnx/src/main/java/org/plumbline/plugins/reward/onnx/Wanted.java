package org.plumbline.plugins.reward.onnx;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** What is wanted of a network's numbers for a prompt. Thread-safe. */
interface Wanted extends AutoCloseable {
    /**
     * One factor per number of the network.
     *
     * @throws PlumblineException {@link StandardError#BAD_VALUE} if the prompt says nothing about it
     */
    double[] row(String prompt);

    @Override
    default void close() {}

    /** The same number for every prompt. */
    static Wanted column(int column, int numbers) {
        if (column >= numbers) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("reward 'onnx': column " + column)
                    .available("0 to " + (numbers - 1) + ", since the output has " + numbers + " numbers")
                    .build();
        }
        return prompt -> marked(column, numbers);
    }

    /** The number whose class the prompt mentions. */
    static Wanted mentioned(List<String> classes, int numbers) {
        if (classes.size() > numbers) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("reward 'onnx': " + classes.size() + " classes, and the output has " + numbers + " numbers")
                    .remedy("name the columns of the output in their order")
                    .build();
        }
        List<Pattern> patterns = classes.stream()
                .map(name -> Pattern.compile(
                        "(?<![\\p{L}\\p{N}])" + Pattern.quote(name.toLowerCase(Locale.ROOT)) + "(?![\\p{L}\\p{N}])"))
                .toList();
        return prompt -> {
            String text = prompt.toLowerCase(Locale.ROOT);
            int[] found = IntStream.range(0, patterns.size())
                    .filter(i -> patterns.get(i).matcher(text).find())
                    .toArray();
            if (found.length != 1) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("prompt '" + prompt + "' names " + found.length + " classes of reward 'onnx'")
                        .available("prompts with exactly one of: " + String.join(", ", classes))
                        .remedy("change the prompt, or give the reward the setting 'column'")
                        .build();
            }
            return marked(found[0], numbers);
        };
    }

    private static double[] marked(int column, int numbers) {
        double[] row = new double[numbers];
        row[column] = 1;
        return row;
    }
}
