package org.plumbline.plugins.backend.djl.pytorch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.plumbline.toolkit.graph.Shape;

/**
 * Writes down operations, segment by segment, each in the precision that its {@link Rule} says.
 *
 * <p>A frozen weight is stored in the precision in which it is used; in both, if it is used in both. Not thread-safe.
 */
final class SegmentRecorder {
    private final Precision low;
    private final boolean cutting;
    private final List<Segment> segments = new ArrayList<>();
    private final List<Constant> constants = new ArrayList<>();
    private final Map<String, TorchScriptArchive.Attribute> attributes = new LinkedHashMap<>();
    private int results;
    private boolean atBoundary;

    /** How an operation is computed where the network multiplies in a low precision; the rule of PyTorch's autocast. */
    enum Rule {
        /** Products: in the low precision. */
        LOW,
        /** Sums, norms, exponentials: in float32. */
        FULL,
        /** Everything else: as precise as its most precise operand. */
        WIDEST
    }

    private record Constant(Supplier<float[]> values, Shape shape) {}

    /**
     * @param low the precision of products
     * @param cutting whether boundaries begin a new segment
     */
    SegmentRecorder(Precision low, boolean cutting) {
        this.low = low;
        this.cutting = cutting;
        segments.add(new Segment(0));
    }

    /** All segments; only the first can be empty. */
    List<Segment> segments() {
        return List.copyOf(segments);
    }

    /** The frozen weights and constants that the statements refer to. */
    List<TorchScriptArchive.Attribute> attributes() {
        return List.copyOf(attributes.values());
    }

    Symbol input(int index, Shape shape) {
        return new Symbol(Symbol.Origin.INPUT, index, Symbol.input(index), shape, Precision.FLOAT32);
    }

    /**
     * A trainable parameter.
     *
     * @param place in the layout
     */
    Symbol parameter(int place, Shape shape) {
        return new Symbol(Symbol.Origin.PARAMETER, place, Symbol.THETA, shape, Precision.FLOAT32);
    }

    Symbol constant(Supplier<float[]> values, Shape shape) {
        constants.add(new Constant(values, shape));
        return new Symbol(Symbol.Origin.CONSTANT, constants.size() - 1, 0, shape, Precision.FLOAT32);
    }

    /** What follows belongs to a new segment. */
    void boundary() {
        atBoundary = cutting;
    }

    /** The value in float32. */
    Symbol full(Symbol x) {
        return x.type() == Precision.FLOAT32 ? x : compute(Rule.FULL, "clone", x.shape(), x);
    }

    /**
     * Appends a call.
     *
     * @param function of PyTorch
     * @param shape of the result
     * @param arguments in the function's order: symbols, lists of symbols, null for None, and whatever prints itself as
     *     PyTorch reads it
     */
    Symbol compute(Rule rule, String function, Shape shape, @Nullable Object... arguments) {
        Segment current = segments.get(segments.size() - 1);
        if (atBoundary && !current.isEmpty()) {
            current = new Segment(results);
            segments.add(current);
        }
        atBoundary = false;
        List<Symbol> operands = new ArrayList<>();
        collect(operands, Arrays.asList(arguments));
        Precision type = type(rule, operands);
        List<String> texts = new ArrayList<>();
        for (Object argument : arguments) {
            texts.add(text(current, argument, type));
        }
        long sources = operands.stream().mapToLong(Symbol::sources).reduce(0, (a, b) -> a | b);
        Symbol result = new Symbol(Symbol.Origin.RESULT, results++, sources, shape, type);
        current.compute(result, "torch." + function + "(" + String.join(", ", texts) + ")");
        return result;
    }

    private static void collect(List<Symbol> symbols, List<?> arguments) {
        for (Object argument : arguments) {
            if (argument instanceof Symbol symbol) {
                symbols.add(symbol);
            } else if (argument instanceof List<?> list) {
                collect(symbols, list);
            }
        }
    }

    private Precision type(Rule rule, List<Symbol> operands) {
        return switch (rule) {
            case LOW -> low;
            case FULL -> Precision.FLOAT32;
            case WIDEST ->
                operands.stream().anyMatch(operand -> operand.type() == Precision.FLOAT32) ? Precision.FLOAT32 : low;
        };
    }

    private String text(Segment current, @Nullable Object argument, Precision type) {
        if (argument instanceof Symbol symbol) {
            return name(current, symbol, type);
        }
        if (argument instanceof List<?> list) {
            return list.stream().map(one -> text(current, one, type)).collect(Collectors.joining(", ", "[", "]"));
        }
        return argument == null ? "None" : argument.toString();
    }

    private String name(Segment current, Symbol symbol, Precision type) {
        return switch (symbol.origin()) {
            case INPUT, RESULT -> current.flowing(symbol, type);
            case PARAMETER -> current.parameter(symbol, type);
            case CONSTANT -> "self." + attribute(symbol, type);
        };
    }

    private String attribute(Symbol symbol, Precision type) {
        String name = type == Precision.FLOAT32 ? symbol.name() : symbol.name() + "_" + type;
        Constant constant = constants.get(symbol.number());
        attributes.computeIfAbsent(
                name,
                key -> new TorchScriptArchive.Attribute(
                        key, constant.values(), type, constant.shape().sizes()));
        return name;
    }
}
