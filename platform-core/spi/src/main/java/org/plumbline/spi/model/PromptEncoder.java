package org.plumbline.spi.model;

import org.osgi.annotation.versioning.ConsumerType;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.WeightSource;

/** A tokenizer and a text network. Thread-safe. */
@ConsumerType
public interface PromptEncoder {
    /** The graph input that takes the token ids, [batch, length]. */
    String TOKENS = "tokens";

    /** Token ids of a prompt, of the fixed length that the graph takes; a longer prompt is cut. */
    long[] tokenize(String prompt);

    /** The text network: {@link #TOKENS} to a condition [batch, length, width]. */
    GraphDefinition graph();

    /** Its weights. */
    WeightSource weights();
}
