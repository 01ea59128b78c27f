package org.plumbline.plugins.backend.djl.pytorch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Places for the values that outlive a segment: first the graph's inputs, then what one segment computes and a later one
 * reads, and the output.
 */
final class Slots {
    private final int inputs;
    private final List<Segment> segments;
    private final List<Symbol> symbols = new ArrayList<>();
    private final Map<String, Integer> places = new HashMap<>();
    private final int output;

    /**
     * @param inputs of the graph
     * @param segments in order
     * @param output what the graph returns
     */
    Slots(List<Symbol> inputs, List<Segment> segments, Symbol output) {
        this.inputs = inputs.size();
        this.segments = segments;
        inputs.forEach(this::place);
        segments.forEach(segment -> segment.reads().forEach(this::place));
        this.output = place(output);
    }

    private int place(Symbol symbol) {
        return places.computeIfAbsent(symbol.name(), fresh -> {
            symbols.add(symbol);
            return symbols.size() - 1;
        });
    }

    int count() {
        return symbols.size();
    }

    int output() {
        return output;
    }

    String name(int slot) {
        return symbols.get(slot).name();
    }

    /** The slots that a segment reads, in its order. */
    List<Integer> reads(int segment) {
        return segments.get(segment).reads().stream()
                .map(read -> Objects.requireNonNull(places.get(read.name())))
                .toList();
    }

    /** The slots that a segment fills. */
    List<Integer> writes(int segment) {
        return all().filter(slot -> segments.get(segment).computes(symbols.get(slot)))
                .boxed()
                .toList();
    }

    /** The slots, those of inputs and output left out, that no later segment reads. */
    List<Integer> lastReadBy(int segment) {
        List<Integer> last = new ArrayList<>(reads(segment));
        last.removeIf(slot -> slot < inputs || slot == output);
        for (int later = segment + 1; later < segments.size(); later++) {
            last.removeAll(reads(later));
        }
        return last;
    }

    /** The graph inputs to which a gradient can flow from a slot. */
    List<Integer> inputsBehind(int slot) {
        return IntStream.range(0, inputs)
                .filter(input -> (symbols.get(slot).sources() & Symbol.input(input)) != 0)
                .boxed()
                .toList();
    }

    /** Whether a gradient can flow from a slot to theta. */
    boolean isTrained(int slot) {
        return (symbols.get(slot).sources() & Symbol.THETA) != 0;
    }

    /** All slots. */
    IntStream all() {
        return IntStream.range(0, symbols.size());
    }
}
