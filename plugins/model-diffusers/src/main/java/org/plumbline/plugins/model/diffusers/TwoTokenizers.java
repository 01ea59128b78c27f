package org.plumbline.plugins.model.diffusers;

import java.util.Arrays;
import org.plumbline.spi.model.Tokenizer;

/** The ids of one tokenizer, and behind them those of another one for the same text. */
record TwoTokenizers(Tokenizer first, Tokenizer second) implements Tokenizer {
    @Override
    public long[] tokenize(String prompt) {
        long[] one = first.tokenize(prompt);
        long[] two = second.tokenize(prompt);
        long[] both = Arrays.copyOf(one, one.length + two.length);
        System.arraycopy(two, 0, both, one.length, two.length);
        return both;
    }
}
