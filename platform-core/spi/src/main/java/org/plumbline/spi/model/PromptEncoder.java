package org.plumbline.spi.model;

import org.osgi.annotation.versioning.ConsumerType;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.WeightSource;

/** A tokenizer and a text network. Thread-safe. */
@ConsumerType
public interface PromptEncoder extends Tokenizer {
    /** The text network: {@link #TOKENS} to a condition [batch, length, width]. */
    GraphDefinition graph();

    /** Its weights. */
    WeightSource weights();
}
