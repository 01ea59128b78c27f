package org.plumbline.spi.model;

import java.util.List;

/** What a run optimises: some weights, the encoded prompts, or the initial noise. */
public sealed interface TrainableTarget {
    /** Weights of the denoiser, in full or through adapters. */
    sealed interface Weights extends TrainableTarget {}

    /**
     * Low-rank adapters, W + (alpha / rank) B A, on the linear layers whose name ends with one of {@code modules}.
     *
     * @param rank inner size, at least 1
     * @param alpha scale
     * @param modules ends of module names, for example {@code to_q}
     */
    record Lora(int rank, double alpha, List<String> modules) implements Weights {
        public Lora {
            modules = List.copyOf(modules);
        }
    }

    /**
     * Full weights.
     *
     * @param modules parts of weight names; a weight is trained if its name contains one of them; empty: all
     */
    record Full(List<String> modules) implements Weights {
        public Full {
            modules = List.copyOf(modules);
        }
    }

    /** The encoded prompts, one condition per prompt of the run. */
    record Conditioning() implements TrainableTarget {}

    /** The initial noise of a fixed batch. */
    record InitialNoise() implements TrainableTarget {}
}
