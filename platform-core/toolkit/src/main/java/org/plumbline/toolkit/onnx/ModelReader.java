package org.plumbline.toolkit.onnx;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.onnx.Fields.Malformed;
import org.plumbline.toolkit.onnx.OnnxFile.Declaration;

/** From the fields of an ONNX model to records. The numbers are those of onnx.proto. For one file, one thread. */
final class ModelReader {
    private final Path path;
    private final TensorReader tensors;

    ModelReader(Path path) {
        this.path = path;
        this.tensors = new TensorReader(path);
    }

    OnnxFile model(Fields model) throws Malformed, IOException {
        long operatorSet = 0;
        long version = 0;
        Fields graph = null;
        while (model.next()) {
            switch (model.number()) {
                case 1 -> version = model.integer();
                case 7 -> graph = model.message();
                case 8 -> operatorSet = Math.max(operatorSet, operatorSet(model.message()));
                default -> {}
            }
        }
        if (version < 1 || operatorSet < 1 || graph == null) {
            throw new Malformed("it has no version, no operator set or no graph");
        }
        return graph(graph, operatorSet);
    }

    /** The version of ONNX's own operators, or 0 if the entry is about others. */
    private static long operatorSet(Fields entry) throws Malformed {
        String domain = "";
        long version = 0;
        while (entry.next()) {
            switch (entry.number()) {
                case 1 -> domain = entry.text();
                case 2 -> version = entry.integer();
                default -> {}
            }
        }
        return domain.isEmpty() || domain.equals("ai.onnx") ? version : 0;
    }

    private OnnxFile graph(Fields graph, long operatorSet) throws Malformed, IOException {
        List<OnnxNode> nodes = new ArrayList<>();
        List<Declaration> inputs = new ArrayList<>();
        List<Declaration> outputs = new ArrayList<>();
        Map<String, StoredTensor> initializers = new LinkedHashMap<>();
        List<Fields> declaredInputs = new ArrayList<>();
        while (graph.next()) {
            switch (graph.number()) {
                case 1 -> nodes.add(node(graph.message()));
                case 5 -> {
                    StoredTensor tensor = tensors.tensor(graph.message());
                    initializers.put(tensor.name(), tensor);
                }
                case 11 -> declaredInputs.add(graph.message());
                case 12 -> outputs.add(declaration(graph.message()));
                case 15 -> throw unsupported("a sparse tensor among its weights");
                default -> {}
            }
        }
        for (Fields input : declaredInputs) {
            Declaration declaration = declaration(input);
            if (!initializers.containsKey(declaration.name())) {
                inputs.add(declaration);
            }
        }
        if (inputs.isEmpty() || outputs.isEmpty()) {
            throw new Malformed("its graph has " + inputs.size() + " inputs and " + outputs.size() + " outputs");
        }
        checkOrder(nodes, inputs, initializers.keySet());
        return new OnnxFile(path, operatorSet, inputs, outputs, nodes, initializers);
    }

    /** The format demands that nodes are listed after what they take. */
    private static void checkOrder(List<OnnxNode> nodes, List<Declaration> inputs, Set<String> initializers)
            throws Malformed {
        Set<String> known = new LinkedHashSet<>(initializers);
        inputs.forEach(input -> known.add(input.name()));
        for (OnnxNode node : nodes) {
            for (String input : node.inputs()) {
                if (!input.isEmpty() && !known.contains(input)) {
                    throw new Malformed(node.title() + " takes '" + input + "', which nothing before it gives");
                }
            }
            known.addAll(node.outputs());
        }
    }

    private OnnxNode node(Fields fields) throws Malformed, IOException {
        String name = "";
        String domain = "";
        String operator = "";
        List<String> inputs = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        List<Fields> attributes = new ArrayList<>();
        while (fields.next()) {
            switch (fields.number()) {
                case 1 -> inputs.add(fields.text());
                case 2 -> outputs.add(fields.text());
                case 3 -> name = fields.text();
                case 4 -> operator = fields.text();
                case 5 -> attributes.add(fields.message());
                case 7 -> domain = fields.text();
                default -> {}
            }
        }
        Map<String, OnnxNode.Attribute> found = new HashMap<>();
        for (Fields attribute : attributes) {
            attribute(attribute, found);
        }
        return new OnnxNode(name, domain, operator, inputs, outputs, found);
    }

    private void attribute(Fields fields, Map<String, OnnxNode.Attribute> into) throws Malformed, IOException {
        String name = "";
        List<Long> integers = new ArrayList<>();
        List<Double> reals = new ArrayList<>();
        String text = "";
        StoredTensor tensor = null;
        boolean graph = false;
        while (fields.next()) {
            switch (fields.number()) {
                case 1 -> name = fields.text();
                case 2 -> reals.add((double) fields.real());
                case 3 -> integers.add(fields.integer());
                case 4 -> text = fields.text();
                case 5 -> tensor = tensors.tensor(fields.message());
                case 6, 11 -> graph = true;
                case 7 -> fields.reals(false, reals::add);
                case 8 -> fields.integers(integers::add);
                default -> {}
            }
        }
        into.put(name, new OnnxNode.Attribute(integers, reals, text, tensor, graph));
    }

    private Declaration declaration(Fields fields) throws Malformed {
        String name = "";
        Fields type = null;
        while (fields.next()) {
            switch (fields.number()) {
                case 1 -> name = fields.text();
                case 2 -> type = fields.message();
                default -> {}
            }
        }
        Fields tensor = type == null ? null : first(type);
        if (tensor == null) {
            throw unsupported("'" + name + "', which is not a tensor,");
        }
        long code = 0;
        List<Long> sizes = new ArrayList<>();
        while (tensor.next()) {
            switch (tensor.number()) {
                case 1 -> code = tensor.integer();
                case 2 -> sizes(tensor.message(), sizes);
                default -> {}
            }
        }
        return new Declaration(
                name,
                tensors.type(name, code),
                sizes.stream().mapToLong(Long::longValue).toArray());
    }

    /** The message in field 1. */
    private static @Nullable Fields first(Fields fields) throws Malformed {
        while (fields.next()) {
            if (fields.number() == 1) {
                return fields.message();
            }
        }
        return null;
    }

    private static void sizes(Fields shape, List<Long> into) throws Malformed {
        while (shape.next()) {
            Fields dimension = shape.message();
            long size = OnnxFile.FREE;
            while (dimension.next()) {
                if (dimension.number() == 1) {
                    size = dimension.integer();
                }
            }
            into.add(size > 0 ? size : OnnxFile.FREE);
        }
    }

    private PlumblineException unsupported(String what) {
        return PlumblineException.of(StandardError.UNSUPPORTED)
                .asked("'" + path + "' has " + what + " among what it takes, gives or holds")
                .available("dense tensors")
                .build();
    }
}
