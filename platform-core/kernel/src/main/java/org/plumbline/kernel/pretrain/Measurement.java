package org.plumbline.kernel.pretrain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * Something to measure on samples of a trained model, as written in the list {@code evaluation} of a file:
 * {@code {name: thin digits, samples: 200, prompts: [a thin zero, a thin one], rewards: [{id: stroke-weight}]}}.
 *
 * @param name for the results
 * @param samples number of images
 * @param prompts used in turn
 * @param rewards what is measured, each on all images
 */
record Measurement(String name, int samples, List<String> prompts, List<PluginUse> rewards) {
    private static final List<String> KEYS = List.of("name", "samples", "prompts", "rewards");

    /** Reads the list. */
    static List<Measurement> list(Object written) {
        if (!(written instanceof List<?> entries)) {
            throw malformed(written);
        }
        List<Measurement> all = new ArrayList<>();
        for (Object entry : entries) {
            if (!(entry instanceof Map<?, ?> section)
                    || !KEYS.containsAll(section.keySet())
                    || !(section.get("name") instanceof String name)
                    || !(section.get("samples") instanceof Integer samples)
                    || !(section.get("prompts") instanceof List<?> prompts)
                    || !(section.get("rewards") instanceof List<?> rewards)
                    || samples < 2
                    || prompts.isEmpty()) {
                throw malformed(entry);
            }
            all.add(new Measurement(
                    name,
                    samples,
                    prompts.stream().map(String::valueOf).toList(),
                    rewards.stream()
                            .map(reward -> PluginUse.read(reward, "evaluation.rewards"))
                            .toList()));
        }
        return all;
    }

    private static PlumblineException malformed(Object written) {
        return PlumblineException.of(StandardError.BAD_VALUE)
                .asked("'" + written + "' in 'evaluation'")
                .available("a list of sections with a name, at least 2 samples, and lists of prompts and rewards")
                .build();
    }

    /** The prompt of the n-th image. */
    String prompt(int n) {
        return prompts.get(n % prompts.size());
    }
}
