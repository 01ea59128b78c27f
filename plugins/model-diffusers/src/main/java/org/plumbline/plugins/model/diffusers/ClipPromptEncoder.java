package org.plumbline.plugins.model.diffusers;

import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.toolkit.tokenizer.ClipTokenizer;

/** A prompt's tokens and the text network that reads them. */
record ClipPromptEncoder(ClipTokenizer tokenizer, GraphDefinition graph, WeightSource weights)
        implements PromptEncoder {
    @Override
    public long[] tokenize(String prompt) {
        return tokenizer.tokenize(prompt);
    }
}
