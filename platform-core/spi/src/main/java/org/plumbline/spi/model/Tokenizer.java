package org.plumbline.spi.model;

import org.osgi.annotation.versioning.ConsumerType;

/** Turns text into token ids. Thread-safe. */
@ConsumerType
public interface Tokenizer {
    /** The graph input that takes the token ids, [batch, length]. */
    String TOKENS = "tokens";

    /** Token ids of a prompt, of the fixed length that the graph takes; a longer prompt is cut. */
    long[] tokenize(String prompt);
}
