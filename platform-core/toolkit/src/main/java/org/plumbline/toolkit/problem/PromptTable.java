package org.plumbline.toolkit.problem;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.PromptEncoder;

/** A text network of one table: a prompt is one token, and its condition is a row. Row 0 is zero, for unknown prompts. */
final class PromptTable implements PromptEncoder, GraphDefinition {
    private final List<String> prompts;
    private final int width;
    private final double[] table;

    PromptTable(List<String> prompts, double[][] conditions) {
        if (prompts.isEmpty() || prompts.size() != conditions.length) {
            throw new IllegalArgumentException(conditions.length + " conditions for " + prompts.size() + " prompts");
        }
        this.prompts = List.copyOf(prompts);
        this.width = conditions[0].length;
        this.table = new double[(conditions.length + 1) * width];
        for (int i = 0; i < conditions.length; i++) {
            System.arraycopy(conditions[i], 0, table, (i + 1) * width, width);
        }
    }

    @Override
    public long[] tokenize(String prompt) {
        return new long[] {prompts.indexOf(prompt) + 1};
    }

    @Override
    public GraphDefinition graph() {
        return this;
    }

    @Override
    public WeightSource weights() {
        return WeightSource.of(Map.of("table", new WeightSource.Weight(table, prompts.size() + 1, width)));
    }

    @Override
    public String name() {
        return "prompt-table";
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(new TensorSpec(TOKENS, TensorSpec.BATCH, 1));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        return ops.embedding(
                ops.weight("table", prompts.size() + 1, width), Objects.requireNonNull(inputs.get(TOKENS)));
    }
}
