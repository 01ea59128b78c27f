package org.plumbline.kernel.chain;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.spi.estimator.PromptScale;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;

/**
 * Prompts that change along the chain (diffusive chain of thought): ranges of calls, each with its own wording of the
 * sample's prompt, in sampling and in training alike.
 *
 * <p>Borders are kept as time labels, so that an estimator that integrates on a grid of its own sees the same prompt at
 * the same noise.
 */
public final class PromptSchedule {
    private static final PromptSchedule NONE = new PromptSchedule(List.of(), List.of(), List.of());

    private final List<PromptScale> scales;
    private final List<Wording> wordings;
    private final List<Double> lowest;

    private PromptSchedule(List<PromptScale> scales, List<Wording> wordings, List<Double> lowest) {
        this.scales = List.copyOf(scales);
        this.wordings = List.copyOf(wordings);
        this.lowest = List.copyOf(lowest);
    }

    /** Turns the prompt of a sample into the prompt of a range. */
    @FunctionalInterface
    public interface Wording {
        /** The prompt that the network sees. */
        String of(String prompt);
    }

    /**
     * A range of calls and its wording.
     *
     * @param scale the range
     * @param wording its prompts
     */
    public record Range(PromptScale scale, Wording wording) {}

    /** One prompt for the whole chain. */
    public static PromptSchedule none() {
        return NONE;
    }

    /**
     * A schedule.
     *
     * @param ranges cover 1..K, counted from the output in network calls, without gap or overlap
     * @param program the sampler whose calls are meant
     * @throws IllegalArgumentException if the ranges do not cover the calls exactly once
     */
    public static PromptSchedule of(List<Range> ranges, SamplerProgram program) {
        List<Range> sorted = new ArrayList<>(ranges);
        sorted.sort((a, b) -> Integer.compare(b.scale().from(), a.scale().from()));
        int above = program.size() + 1;
        List<Double> lowest = new ArrayList<>();
        for (Range range : sorted) {
            PromptScale scale = range.scale();
            if (scale.from() < 1 || scale.from() > scale.to() || scale.to() != above - 1) {
                throw new IllegalArgumentException("the range '" + scale.name() + "' goes from " + scale.from() + " to "
                        + scale.to() + "; the next one after it has to end at " + (above - 1)
                        + ", so that all ranges together cover 1 to " + program.size() + " once");
            }
            above = scale.from();
            double label = label(program, scale.from());
            lowest.add(scale.from() == 1 ? Double.NEGATIVE_INFINITY : (label + label(program, scale.from() - 1)) / 2);
        }
        if (above != 1) {
            throw new IllegalArgumentException(
                    "the ranges start at " + above + "; they have to cover 1 to " + program.size() + " once");
        }
        return new PromptSchedule(
                sorted.stream().map(Range::scale).toList(),
                sorted.stream().map(Range::wording).toList(),
                lowest);
    }

    private static double label(SamplerProgram program, int fromOutput) {
        return program.calls().get(program.size() - fromOutput).at().label();
    }

    /** The ranges, the one next to the noise first; empty if one prompt serves the whole chain. */
    public List<PromptScale> scales() {
        return scales;
    }

    /** How many conditions a sample has. */
    int count() {
        return Math.max(1, scales.size());
    }

    /** Which of its conditions a sample has at this time. */
    int index(TimePoint at) {
        for (int i = 0; i < lowest.size() - 1; i++) {
            if (at.label() > lowest.get(i)) {
                return i;
            }
        }
        return Math.max(0, lowest.size() - 1);
    }

    /** The prompts of a range. */
    List<String> prompts(int index, List<String> prompts) {
        return wordings.isEmpty()
                ? prompts
                : prompts.stream().map(wordings.get(index)::of).toList();
    }
}
