package org.plumbline.plugins.model.diffusers;

import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.model.Tokenizer;

/** {@link Prompting} with the weights of its networks. */
record JoinedPromptEncoder(Tokenizer tokenizer, GraphDefinition graph, WeightSource weights) implements PromptEncoder {
    @Override
    public long[] tokenize(String prompt) {
        return tokenizer.tokenize(prompt);
    }
}
