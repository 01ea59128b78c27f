package org.plumbline.spi.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What a run optimises: some weights, the encoded prompts, or the initial noise. */
public sealed interface TrainableTarget {
    /** Weights of the denoiser, in full or through adapters. */
    sealed interface Weights extends TrainableTarget {}

    /**
     * Low-rank adapters, W + (alpha / rank) B A, on the linear layers and convolutions whose name ends with one of
     * {@code modules}.
     *
     * @param rank inner size, at least 1
     * @param alpha scale
     * @param modules ends of module names, for example {@code to_q}, {@code ff.net.2} or {@code conv1}
     * @param form in which they are saved
     */
    record Lora(int rank, double alpha, List<String> modules, AdapterForm form) implements Weights {
        public Lora {
            modules = List.copyOf(modules);
        }

        /** Adapters that are saved as diffusers saves them. */
        public Lora(int rank, double alpha, List<String> modules) {
            this(rank, alpha, modules, AdapterForm.DIFFUSERS);
        }
    }

    /**
     * Low-rank adapters that start as those of a file, in any {@link AdapterForm}. Which layers have one, its rank and its
     * alpha are the file's; what is said about them here must agree with it.
     *
     * @param file the file, or its folder
     * @param rank of every adapter; empty: as in the file
     * @param alpha of every adapter; empty: as in the file, and the rank where the file does not say
     * @param modules ends of module names that select the same layers; empty: those of the file
     * @param form in which they are saved
     */
    record StoredLora(Path file, Optional<Integer> rank, Optional<Double> alpha, List<String> modules, AdapterForm form)
            implements Weights {
        public StoredLora {
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
