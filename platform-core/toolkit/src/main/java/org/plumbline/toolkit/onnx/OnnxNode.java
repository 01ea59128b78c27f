package org.plumbline.toolkit.onnx;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One operation of an ONNX graph.
 *
 * @param name its name, which may be empty
 * @param domain where its operator is defined; empty for ONNX's own
 * @param operator for example {@code Conv}
 * @param inputs names of values; an optional one that is left out is empty
 * @param outputs names of values
 * @param attributes by name
 */
public record OnnxNode(
        String name,
        String domain,
        String operator,
        List<String> inputs,
        List<String> outputs,
        Map<String, Attribute> attributes) {
    /**
     * A constant of a node; what is not of its type is empty.
     *
     * @param integers the values of an integer attribute or a list of them
     * @param reals the values of a float attribute or a list of them
     * @param text the value of a string attribute
     * @param tensor the value of a tensor attribute
     * @param graph true if it is a graph, which no operator here has
     */
    public record Attribute(
            List<Long> integers,
            List<Double> reals,
            String text,
            @Nullable StoredTensor tensor,
            boolean graph) {
        public Attribute {
            integers = List.copyOf(integers);
            reals = List.copyOf(reals);
        }
    }

    public OnnxNode {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        attributes = Map.copyOf(attributes);
    }

    /** The operator with its domain, unless that is ONNX's own. */
    public String qualified() {
        return domain.isEmpty() || domain.equals("ai.onnx") ? operator : domain + ":" + operator;
    }

    /** For messages: the operator and how the file calls the node. */
    public String title() {
        return qualified() + " '" + (name.isEmpty() && !outputs.isEmpty() ? outputs.get(0) : name) + "'";
    }

    /** True if the optional input of this position is given. */
    public boolean has(int input) {
        return input < inputs.size() && !inputs.get(input).isEmpty();
    }

    /** True if there is such an attribute. */
    public boolean has(String attribute) {
        return attributes.containsKey(attribute);
    }

    /** An integer attribute. */
    public long integer(String attribute, long whenAbsent) {
        Attribute found = attributes.get(attribute);
        return found == null || found.integers.isEmpty() ? whenAbsent : found.integers.get(0);
    }

    /** A float attribute. */
    public double real(String attribute, double whenAbsent) {
        Attribute found = attributes.get(attribute);
        return found == null || found.reals.isEmpty() ? whenAbsent : found.reals.get(0);
    }

    /** A string attribute. */
    public String text(String attribute, String whenAbsent) {
        Attribute found = attributes.get(attribute);
        return found == null ? whenAbsent : found.text;
    }

    /** A list of integers. */
    public long[] integers(String attribute, long... whenAbsent) {
        Attribute found = attributes.get(attribute);
        return found == null
                ? whenAbsent
                : found.integers.stream().mapToLong(Long::longValue).toArray();
    }
}
