package org.plumbline.plugins.backend.djl.pytorch;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.graph.CheckedGraph;
import org.plumbline.toolkit.graph.Shape;

/**
 * A graph as the text of a TorchScript class with the methods
 *
 * <ul>
 *   <li>{@code forward(x0, x1, .., theta) -> y}
 *   <li>{@code vjp(wanted, g, x0, x1, .., theta) -> [y, gradient of each wanted input in order, gradient of theta]},
 *       where element i of {@code wanted} is not zero if the gradient of input i is asked for
 * </ul>
 *
 * without theta if nothing is trainable. Results are fresh row-major tensors: automatic differentiation hands out
 * gradients that share memory with the cotangent or with each other, and views with strides of zero, and the arena adds to
 * tensors in place.
 *
 * @param text the class
 * @param attributes its tensors
 * @param output the shape of y
 */
record TorchScriptProgram(String text, List<TorchScriptArchive.Attribute> attributes, Shape output) {
    static final String FORWARD = "forward";
    static final String VJP = "vjp";

    private static final int MOST_INPUTS = 62;

    /** Records a graph. */
    static TorchScriptProgram of(GraphDefinition graph, WeightSource frozen, ParameterLayout trainable) {
        CheckedGraph.of(graph, frozen, trainable);
        List<TensorSpec> specs = graph.inputs();
        if (specs.size() > MOST_INPUTS) {
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("graph '" + graph.name() + "' with " + specs.size() + " inputs")
                    .available("up to " + MOST_INPUTS)
                    .build();
        }
        TorchScriptOps ops = new TorchScriptOps(graph.name(), frozen, trainable);
        Symbol output = graph.build(ops, ops.inputs(specs));
        boolean theta = trainable.size() > 0;
        Writer writer = new Writer(specs.size(), theta, output.sources());
        String text = writer.header(ops.attributes())
                + writer.network(ops.body(), output.name())
                + writer.forward()
                + writer.vjp();
        return new TorchScriptProgram(text, ops.attributes(), output.shape());
    }

    /** Writes the parts of the class around the recorded body. */
    private record Writer(int inputs, boolean theta, long sources) {
        private static final String SELF = "self: __torch__." + TorchScriptArchive.TYPE;

        String header(List<TorchScriptArchive.Attribute> attributes) {
            StringBuilder text = new StringBuilder("class " + TorchScriptArchive.TYPE + "(Module):\n");
            text.append("  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
            for (TorchScriptArchive.Attribute attribute : attributes) {
                text.append("  ").append(attribute.name()).append(" : Tensor\n");
            }
            return text.toString();
        }

        String network(String body, String output) {
            return signature("network", List.of()) + "Tensor:\n" + body + "    return " + output + "\n";
        }

        String forward() {
            return signature(FORWARD, List.of()) + "Tensor:\n    return "
                    + fresh("self.network(" + String.join(", ", arguments("x", "theta")) + ")") + "\n";
        }

        String vjp() {
            StringBuilder text = new StringBuilder(signature(VJP, List.of("wanted", "g")) + "List[Tensor]:\n");
            text.append("    leaves = annotate(List[Tensor], [])\n");
            for (int i = 0; i < inputs; i++) {
                text.append("    wanted" + i + " = bool(torch.select(wanted, 0, " + i + "))\n");
                text.append("    a" + i + " = x" + i + "\n");
                if (reached(Symbol.input(i))) {
                    text.append("    if wanted" + i + ":\n");
                    text.append("      a" + i + " = torch.requires_grad_(torch.detach(x" + i + "))\n");
                    text.append("      _0 = torch.append(leaves, a" + i + ")\n");
                }
            }
            if (theta) {
                text.append("    parameters = theta\n");
                if (reached(Symbol.THETA)) {
                    text.append("    parameters = torch.requires_grad_(torch.detach(theta))\n");
                    text.append("    _1 = torch.append(leaves, parameters)\n");
                }
            }
            text.append("    y = self.network(" + String.join(", ", arguments("a", "parameters")) + ")\n");
            text.append("    results = annotate(List[Tensor], [" + fresh("torch.detach(y)") + "])\n");
            text.append("    gradients = annotate(List[Optional[Tensor]], [])\n");
            text.append("    if torch.gt(torch.len(leaves), 0):\n");
            text.append("      gradients = torch.grad([y], leaves, annotate(List[Optional[Tensor]], [g]),"
                    + " False, False, True)\n");
            text.append("    next = 0\n");
            for (int i = 0; i < inputs; i++) {
                text.append("    if wanted" + i + ":\n");
                gradient(text, "      ", "x" + i, reached(Symbol.input(i)));
            }
            if (theta) {
                gradient(text, "    ", "theta", reached(Symbol.THETA));
            }
            return text.append("    return results\n").toString();
        }

        /** Appends the gradient of one leaf to the results: the next one computed, or zeros. */
        private static void gradient(StringBuilder text, String indent, String of, boolean reached) {
            String zeros = "_2 = torch.append(results, torch.zeros_like(" + of + "))\n";
            if (!reached) {
                text.append(indent + zeros);
                return;
            }
            text.append(indent + "d = gradients[next]\n");
            text.append(indent + "next = torch.add(next, 1)\n");
            text.append(indent + "if d is not None:\n");
            text.append(indent + "  _3 = torch.append(results, " + fresh("d") + ")\n");
            text.append(indent + "else:\n");
            text.append(indent + "  " + zeros);
        }

        private boolean reached(long source) {
            return (sources & source) != 0;
        }

        private static String fresh(String tensor) {
            return "torch.clone(" + tensor + ", memory_format=0)"; // 0: row-major
        }

        private String signature(String method, List<String> first) {
            List<String> parameters = new ArrayList<>(List.of(SELF));
            first.forEach(name -> parameters.add(name + ": Tensor"));
            arguments("x", "theta").forEach(name -> parameters.add(name + ": Tensor"));
            return "  def " + method + "(" + String.join(", ", parameters) + ") -> ";
        }

        private List<String> arguments(String prefix, String parameters) {
            List<String> names = new ArrayList<>();
            for (int i = 0; i < inputs; i++) {
                names.add(prefix + i);
            }
            if (theta) {
                names.add(parameters);
            }
            return names;
        }
    }
}
