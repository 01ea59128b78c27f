package org.plumbline.spi.estimator;

/**
 * A range of sampler steps with a prompt of its own, as in a diffusive chain of thought: coarse next to the noise, fine
 * next to the output.
 *
 * @param name for example coarse, mid, fine
 * @param from first step, counted from the output, at least 1
 * @param to last step, at most T
 */
public record PromptScale(String name, int from, int to) {}
