package org.plumbline.kernel.chain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.PromptEncoder;

/**
 * The conditions of prompts, each computed once. The text network is on the session only while it works, so that it does
 * not stand beside the denoiser. Confined to one thread.
 */
final class EncodedPrompts {
    /** Prompts that the text network sees at once. A list of thousands does not need their activations together. */
    private static final int AT_A_TIME = 32;

    private final BackendSession session;
    private final PromptEncoder encoder;
    private final Map<String, double[]> known = new HashMap<>();
    private long @Nullable [] shape;

    EncodedPrompts(BackendSession session, PromptEncoder encoder) {
        this.session = session;
        this.encoder = encoder;
    }

    /** Length and width of a condition. */
    long[] shape() {
        return Objects.requireNonNull(shape, "no prompt was encoded yet").clone();
    }

    /** How many numbers a condition has. */
    int size() {
        long[] sizes = shape();
        return Math.toIntExact(sizes[0] * sizes[1]);
    }

    /** The condition of a prompt; the array is shared and must not be changed. */
    double[] condition(String prompt) {
        encode(List.of(prompt));
        return Objects.requireNonNull(known.get(prompt));
    }

    /** The conditions of prompts, [prompts, length, width]. */
    Tensor conditions(TensorArena into, List<String> prompts) {
        encode(prompts);
        int size = size();
        double[] rows = new double[prompts.size() * size];
        for (int row = 0; row < prompts.size(); row++) {
            System.arraycopy(condition(prompts.get(row)), 0, rows, row * size, size);
        }
        return into.tensor(rows, prompts.size(), shape()[0], shape()[1]);
    }

    /** Runs the text network for those of the prompts that were not seen before. */
    void encode(List<String> prompts) {
        Set<String> fresh = new LinkedHashSet<>(prompts);
        fresh.removeAll(known.keySet());
        if (fresh.isEmpty()) {
            return;
        }
        try (Network network = session.compile(encoder.graph(), encoder.weights(), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            List<String> waiting = new ArrayList<>(fresh);
            for (int from = 0; from < waiting.size(); from += AT_A_TIME) {
                run(network, arena, waiting.subList(from, Math.min(waiting.size(), from + AT_A_TIME)));
            }
        }
    }

    private void run(Network network, TensorArena arena, List<String> prompts) {
        List<long[]> tokens = prompts.stream().map(encoder::tokenize).toList();
        int length = tokens.get(0).length;
        double[] ids = new double[tokens.size() * length];
        for (int row = 0; row < tokens.size(); row++) {
            for (int i = 0; i < length; i++) {
                ids[row * length + i] = (double) tokens.get(row)[i];
            }
        }
        try (TensorArena scratch = arena.nested()) {
            Tensor output = network.forward(
                    scratch, null, Map.of(PromptEncoder.TOKENS, scratch.tensor(ids, tokens.size(), length)));
            shape = new long[] {output.shape()[1], output.shape()[2]};
            double[] values = output.toDoubles();
            int size = size();
            for (int row = 0; row < prompts.size(); row++) {
                known.put(prompts.get(row), Arrays.copyOfRange(values, row * size, (row + 1) * size));
            }
        }
    }
}
