package org.plumbline.plugins.backend.djl.pytorch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A stretch of a network between two boundaries: statements, and what they take from outside. It becomes a method that
 * takes the values it reads as list x and the parameters it uses as list p. Not thread-safe.
 */
final class Segment {
    private final int firstResult;
    private int afterLastResult;
    private final StringBuilder statements = new StringBuilder();
    private final Map<String, Symbol> reads = new LinkedHashMap<>();
    private final List<Integer> parameters = new ArrayList<>();
    private final Map<String, String> derived = new HashMap<>();

    /**
     * @param firstResult the number of the first result that is computed here
     */
    Segment(int firstResult) {
        this.firstResult = firstResult;
        afterLastResult = firstResult;
    }

    /** True if it computes nothing yet. */
    boolean isEmpty() {
        return afterLastResult == firstResult;
    }

    /** True if the value is computed here. */
    boolean computes(Symbol value) {
        return value.origin() == Symbol.Origin.RESULT
                && value.number() >= firstResult
                && value.number() < afterLastResult;
    }

    /** The values from elsewhere that it reads, in the order of list x. */
    List<Symbol> reads() {
        return List.copyOf(reads.values());
    }

    /** The places in the layout of the parameters that it uses, in the order of list p. */
    List<Integer> parameters() {
        return List.copyOf(parameters);
    }

    /** The statements, after those that take the lists apart. */
    String body() {
        StringBuilder text = new StringBuilder();
        int i = 0;
        for (String name : reads.keySet()) {
            text.append("    ").append(name).append(" = x[").append(i++).append("]\n");
        }
        return text.append(statements).toString();
    }

    /** Appends the computation of a result. */
    void compute(Symbol result, String expression) {
        line(result.name(), expression);
        afterLastResult = result.number() + 1;
    }

    /** The name of an input or result in a precision. */
    String flowing(Symbol value, Precision wanted) {
        if (!computes(value)) {
            reads.put(value.name(), value);
        }
        return value.type() == wanted ? value.name() : cast(value.name(), wanted);
    }

    /** The name of a parameter in a precision; parameters are float32. */
    String parameter(Symbol parameter, Precision wanted) {
        String name = derived.computeIfAbsent(parameter.name(), fresh -> {
            String flat = "p[" + parameters.size() + "]";
            parameters.add(parameter.number());
            boolean isFlat = parameter.shape().rank() == 1;
            line(fresh, isFlat ? flat : "torch.view(" + flat + ", " + parameter.shape() + ")");
            return fresh;
        });
        return wanted == Precision.FLOAT32 ? name : cast(name, wanted);
    }

    /** Casts once, however often the result is used. */
    private String cast(String name, Precision wanted) {
        return derived.computeIfAbsent(name + " as " + wanted, key -> {
            String fresh = name + "_" + wanted;
            line(fresh, "torch.to(" + name + ", " + wanted.number() + ")");
            return fresh;
        });
    }

    private void line(String name, String expression) {
        statements.append("    ").append(name).append(" = ").append(expression).append('\n');
    }
}
