package org.plumbline.plugins.model.diffusers;

import java.util.Map;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.WeightSource;

/**
 * The weights of several networks that run in one graph. There the names of each start with its own part.
 *
 * @param sources by what the names start with, {@code part.}
 */
record JoinedWeights(Map<String, WeightSource> sources) implements WeightSource {
    JoinedWeights {
        sources = Map.copyOf(sources);
    }

    private record Found(WeightSource source, String name) {}

    private Found find(String name) {
        for (Map.Entry<String, WeightSource> entry : sources.entrySet()) {
            if (name.startsWith(entry.getKey())) {
                return new Found(entry.getValue(), name.substring(entry.getKey().length()));
            }
        }
        throw PlumblineException.of(StandardError.MALFORMED_FILE)
                .asked("no network has a weight '" + name + "'")
                .available(String.join(", ", sources.keySet()))
                .build();
    }

    @Override
    public boolean contains(String name) {
        return sources.entrySet().stream()
                .anyMatch(entry -> name.startsWith(entry.getKey())
                        && entry.getValue()
                                .contains(name.substring(entry.getKey().length())));
    }

    @Override
    public long[] shape(String name) {
        Found found = find(name);
        return found.source.shape(found.name);
    }

    @Override
    public float[] floats(String name) {
        Found found = find(name);
        return found.source.floats(found.name);
    }

    @Override
    public double[] doubles(String name) {
        Found found = find(name);
        return found.source.doubles(found.name);
    }
}
