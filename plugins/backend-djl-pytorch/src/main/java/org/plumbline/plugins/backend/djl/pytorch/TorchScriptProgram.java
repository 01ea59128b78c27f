package org.plumbline.plugins.backend.djl.pytorch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
 * without theta if nothing is trainable. All of them are float32; other precisions stay within. Results are fresh
 * row-major tensors: automatic differentiation hands out gradients that share memory with the cotangent or with each
 * other, and views with strides of zero, and the arena adds to tensors in place.
 *
 * <p>The network is a sequence of {@link Segment segments}, one if it has no boundaries or they do not count. The values
 * that cross from one to another lie in numbered {@link Slots}. {@code vjp} runs all segments but the last without
 * recording, then goes back: it runs a segment again on detached inputs, now recorded, and differentiates that segment
 * alone. Cotangents of a value that several segments use add up in its slot.
 *
 * @param text the class
 * @param attributes its tensors
 * @param output the shape of y
 */
record TorchScriptProgram(String text, List<TorchScriptArchive.Attribute> attributes, Shape output) {
    static final String FORWARD = "forward";
    static final String VJP = "vjp";

    private static final int MOST_INPUTS = 62;

    /**
     * Records a graph.
     *
     * @param precision in which the network multiplies
     * @param recompute how activations come back for the gradient
     */
    static TorchScriptProgram of(
            GraphDefinition graph,
            WeightSource frozen,
            ParameterLayout trainable,
            Precision precision,
            Recompute recompute) {
        CheckedGraph.of(graph, frozen, trainable);
        List<TensorSpec> specs = graph.inputs();
        if (specs.size() > MOST_INPUTS) {
            throw PlumblineException.of(StandardError.UNSUPPORTED)
                    .asked("graph '" + graph.name() + "' with " + specs.size() + " inputs")
                    .available("up to " + MOST_INPUTS)
                    .build();
        }
        SegmentRecorder recorder = new SegmentRecorder(precision, recompute == Recompute.SEGMENTS);
        TorchScriptOps ops = new TorchScriptOps(graph.name(), frozen, trainable, recorder);
        Map<String, Symbol> inputs = ops.inputs(specs);
        Symbol output = recorder.full(graph.build(ops, inputs));
        Slots slots = new Slots(List.copyOf(inputs.values()), recorder.segments(), output);
        Writer writer = new Writer(specs.size(), trainable, precision, recorder.segments(), slots);
        String text = writer.header(recorder.attributes())
                + writer.segmentMethods()
                + TorchScriptText.COMMON
                + writer.forward()
                + writer.vjp();
        return new TorchScriptProgram(text, recorder.attributes(), output.shape());
    }

    /** Fills what the network gives into the fixed text of the methods. */
    private record Writer(
            int inputs, ParameterLayout trainable, Precision precision, List<Segment> segments, Slots slots) {

        String header(List<TorchScriptArchive.Attribute> attributes) {
            StringBuilder text = new StringBuilder("class " + TorchScriptArchive.TYPE + "(Module):\n");
            text.append("  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
            for (TorchScriptArchive.Attribute attribute : attributes) {
                text.append("  ").append(attribute.name()).append(" : Tensor\n");
            }
            return text.toString();
        }

        /** A method per segment, and one that calls segment s. */
        String segmentMethods() {
            String parameters = "(self: __torch__.M, x: List[Tensor], p: List[Tensor]) -> List[Tensor]:\n";
            StringBuilder text = new StringBuilder();
            StringBuilder run =
                    new StringBuilder("  def run(self: __torch__.M, s: int, x: List[Tensor], p: List[Tensor])"
                            + " -> List[Tensor]:\n    y = annotate(List[Tensor], [])\n");
            for (int s = 0; s < segments.size(); s++) {
                text.append("  def segment").append(s).append(parameters);
                text.append(segments.get(s).body());
                List<String> results = slots.writes(s).stream().map(slots::name).toList();
                text.append("    return annotate(List[Tensor], ")
                        .append(results)
                        .append(")\n");
                run.append("    if torch.eq(s, ").append(s).append("):\n");
                run.append("      y = self.segment").append(s).append("(x, p)\n");
            }
            return text.append(run).append("    return y\n").toString();
        }

        String forward() {
            return signature(FORWARD, List.of()) + "Tensor:\n" + setup() + TorchScriptText.FORWARD;
        }

        String vjp() {
            boolean scaled = precision == Precision.FLOAT16;
            StringBuilder text = new StringBuilder(signature(VJP, List.of("wanted", "g")) + "List[Tensor]:\n");
            text.append(setup());
            table(text, "reached", slots.all().mapToObj(slots::inputsBehind));
            List<String> trained = slots.all()
                    .mapToObj(slot -> slots.isTrained(slot) ? "True" : "False")
                    .toList();
            text.append("    trained = ").append(trained).append('\n');
            text.append(scaled ? TorchScriptText.SCALE : "    pulled = g\n");
            text.append(
                    trainable.size() > 0
                            ? "    total = torch.empty_like(theta)\n    sums = " + split("total") + "\n"
                            : "    sums = annotate(List[Tensor], [])\n");
            text.append(TorchScriptText.VJP);
            for (int i = 0; i < inputs; i++) {
                text.append("    if need[").append(i).append("]:\n");
                text.append("      results = self.give(results, cotangents[" + i + "], x" + i + ")\n");
            }
            if (trainable.size() > 0) {
                text.append("    _13 = torch.append(results, total)\n");
            }
            if (scaled) {
                text.append(TorchScriptText.UNSCALE);
            }
            return text.append("    return results\n").toString();
        }

        /** The slots, the parts of theta, and the tables by which both methods find their way. */
        private String setup() {
            StringBuilder text = new StringBuilder();
            text.append("    nothing = torch.zeros([0])\n");
            List<String> values = slots.all()
                    .mapToObj(slot -> slot < inputs ? slots.name(slot) : "nothing")
                    .toList();
            text.append("    values = ").append(values).append('\n');
            text.append("    parts = ")
                    .append(trainable.size() > 0 ? split("theta") : "annotate(List[Tensor], [])")
                    .append('\n');
            table(text, "reads", eachSegment().mapToObj(slots::reads));
            table(text, "uses", segments.stream().map(Segment::parameters));
            table(text, "writes", eachSegment().mapToObj(slots::writes));
            table(text, "ends", eachSegment().mapToObj(slots::lastReadBy));
            text.append("    out = ").append(slots.output()).append('\n');
            text.append("    n = ").append(segments.size()).append('\n');
            return text.toString();
        }

        private IntStream eachSegment() {
            return IntStream.range(0, segments.size());
        }

        private static void table(StringBuilder text, String name, Stream<List<Integer>> rows) {
            List<String> lists = rows.map(row -> row.isEmpty() ? "annotate(List[int], [])" : row.toString())
                    .toList();
            text.append("    ")
                    .append(name)
                    .append(" = annotate(List[List[int]], ")
                    .append(lists)
                    .append(")\n");
        }

        private String split(String vector) {
            List<Integer> sizes = trainable.entries().stream()
                    .map(ParameterLayout.Entry::size)
                    .toList();
            return "torch.split_with_sizes(" + vector + ", " + sizes + ")";
        }

        private String signature(String method, List<String> first) {
            List<String> parameters = new ArrayList<>(List.of("self: __torch__.M"));
            first.forEach(name -> parameters.add(name + ": Tensor"));
            for (int i = 0; i < inputs; i++) {
                parameters.add("x" + i + ": Tensor");
            }
            if (trainable.size() > 0) {
                parameters.add("theta: Tensor");
            }
            return "  def " + method + "(" + String.join(", ", parameters) + ") -> ";
        }
    }
}
