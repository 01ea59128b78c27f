package org.plumbline.toolkit.onnx;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.graph.Shape;
import org.plumbline.toolkit.graph.ShapeOps;
import org.plumbline.toolkit.onnx.Operand.Numbers;

/** One walk through the nodes of a file, in our operations. Used by one thread. */
final class Interpreter<T> {
    /** What the families of operators register with. */
    static final class Registry<T> {
        private final Map<String, Function<Call<T>, List<Operand<T>>>> operators = new TreeMap<>();

        void one(String operator, Function<Call<T>, Operand<T>> meaning) {
            operators.put(operator, call -> List.of(meaning.apply(call)));
        }

        void several(String operator, Function<Call<T>, List<Operand<T>>> meaning) {
            operators.put(operator, meaning);
        }
    }

    private final OnnxFile file;
    private final Tensors<T> tensors;
    private final Map<String, Operand<T>> values;
    private final Registry<T> registry = new Registry<>();

    Interpreter(Ops<T> ops, OnnxFile file, Map<String, Operand<T>> inputs) {
        this.file = file;
        this.tensors = new Tensors<>(ops, List.copyOf(inputs.values()));
        this.values = new HashMap<>(inputs);
        Folding<T> folding = new Folding<>();
        Elementwise<T> elementwise = new Elementwise<>(tensors, folding);
        elementwise.register(registry);
        new Rearrangement<>(tensors, folding).register(registry);
        new Selection<>(tensors, folding, elementwise).register(registry);
        new Reductions<>(tensors).register(registry);
        new MatrixProducts<>(tensors, elementwise).register(registry);
        new Images<>(tensors).register(registry);
        new Normalisations<>(tensors, elementwise).register(registry);
    }

    /** The operators that can be read. */
    static Set<String> operators() {
        OnnxFile none = new OnnxFile(Path.of(""), 0, List.of(), List.of(), List.of(), Map.of());
        Ops<Shape> shapes = new ShapeOps("", WeightSource.none(), ParameterLayout.empty());
        return Collections.unmodifiableSet(new Interpreter<>(shapes, none, Map.of()).registry.operators.keySet());
    }

    /** The output of this name, one row per image or text. */
    T run(List<OnnxNode> nodes, String output) {
        for (OnnxNode node : nodes) {
            try {
                List<Operand<T>> results = Objects.requireNonNull(
                                registry.operators.get(node.qualified()), node.qualified())
                        .apply(new Call<>(node, operands(node), file.operatorSet()));
                for (int i = 0; i < Math.min(results.size(), node.outputs().size()); i++) {
                    values.put(node.outputs().get(i), results.get(i));
                }
            } catch (Refusal refusal) {
                throw refused(node.title(), refusal);
            }
        }
        try {
            Operand<T> found = Objects.requireNonNull(value(output));
            if (found.layout().rank() == 0 || !found.layout().axis(0).equals(Dimension.BATCH)) {
                throw new Refusal("its sizes are " + found.layout() + ", and the first is not the batch");
            }
            return tensors.full(found);
        } catch (Refusal refusal) {
            throw refused("output '" + output + "'", refusal);
        }
    }

    private PlumblineException refused(String what, Refusal refusal) {
        return PlumblineException.of(StandardError.UNSUPPORTED)
                .asked(what + " of '" + file.path() + "' cannot be given a gradient here: " + refusal.why())
                .cause(refusal)
                .build();
    }

    private List<@Nullable Operand<T>> operands(OnnxNode node) {
        List<@Nullable Operand<T>> operands = new ArrayList<>();
        for (String input : node.inputs()) {
            Operand<T> operand = value(input);
            if (operand == null && !input.isEmpty()) {
                throw new Refusal("it takes '" + input + "', an output that is not computed here");
            }
            operands.add(operand);
        }
        return operands;
    }

    private @Nullable Operand<T> value(String name) {
        StoredTensor stored = file.initializers().get(name);
        return stored == null ? values.get(name) : numbers(stored);
    }

    /** A tensor of the file, whose numbers are read when they are needed. */
    static <T> Numbers<T> numbers(StoredTensor stored) {
        return new Numbers<>(
                stored.type(), Layout.of(stored.shape()), stored::doubles, null, nullIfEmpty(stored.name()));
    }

    private static @Nullable String nullIfEmpty(String name) {
        return name.isEmpty() ? null : name;
    }
}
