package org.plumbline.testkit.backend;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;

/** What sessions and networks must refuse, and how. */
public abstract class RefusalContract extends ArenaContract {
    RefusalContract() {}

    @Test
    public void a_missing_weight_is_refused_by_name() {
        SmallNetwork graph = new SmallNetwork();
        assertRefused(
                StandardError.MALFORMED_FILE,
                () -> session().compile(graph, graph.weightsWithout("down.weight"), ParameterLayout.empty()),
                "down.weight");
    }

    @Test
    public void a_parameter_that_the_graph_does_not_use_is_refused_by_name() {
        SmallNetwork graph = new SmallNetwork();
        ParameterLayout layout =
                ParameterLayout.builder().add("out.wieght", 2, 2).build();
        assertRefused(StandardError.BAD_VALUE, () -> session().compile(graph, graph.weights(), layout), "out.wieght");
    }

    @Test
    public void a_weight_of_another_shape_is_refused_with_both_shapes() {
        OperationCase graph = OperationCase.of("weighted", RefusalContract::weighted)
                .input("x", 3)
                .weight("w", 3)
                .expecting((in, i) -> in.at("x", i) * in.at("w", i));
        WeightSource wrong = WeightSource.of(Map.of("w", new WeightSource.Weight(new double[4], 2, 2)));
        assertRefused(
                StandardError.WRONG_SHAPE,
                () -> session().compile(graph, wrong, ParameterLayout.empty()),
                "'w'",
                "[3]",
                "[2, 2]");
        ParameterLayout layout = ParameterLayout.builder().add("w", 4).build();
        assertRefused(
                StandardError.WRONG_SHAPE,
                () -> session().compile(graph, WeightSource.none(), layout),
                "'w'",
                "[3]",
                "[4]");
    }

    @Test
    public void operations_on_shapes_that_do_not_fit_are_refused_by_name() {
        OperationCase graph = OperationCase.of("ill-shaped", RefusalContract::weighted)
                .input("x", 3)
                .weight("w", 4)
                .expecting((in, i) -> 0);
        assertRefused(
                StandardError.WRONG_SHAPE,
                () -> session().compile(graph, WeightSource.none(), graph.layout()),
                "mul",
                "[B, 3]",
                "[4]");
    }

    private static <T> T weighted(Ops<T> ops, OperationCase.Operands<T> in) {
        return ops.mul(in.get("x"), in.get("w"));
    }

    @Test
    public void calls_that_do_not_fit_are_refused() {
        SmallNetwork graph = new SmallNetwork();
        double[] theta = graph.theta();
        try (Network network = session().compile(graph, WeightSource.none(), graph.layout());
                TensorArena arena = session().arena()) {
            Tensor parameters = arena.tensor(theta, theta.length);
            Map<String, Tensor> good = inputs(arena, network, graph.inputs(2));
            StandardError wrong = StandardError.WRONG_SHAPE;
            assertRefused(
                    wrong,
                    () -> network.forward(arena, parameters, with(good, "sample", arena.zeros(2, 2, 4, 5))),
                    "sample",
                    "[2, 2, 4, 5]");
            assertRefused(
                    wrong,
                    () -> network.forward(arena, parameters, with(good, "sample", arena.zeros(2, 32))),
                    "sample",
                    "[2, 32]");
            assertRefused(
                    wrong,
                    () -> network.forward(arena, parameters, with(good, "condition", arena.zeros(3, 3, 4))),
                    "rows");
            assertRefused(wrong, () -> network.forward(arena, arena.zeros(3), good), "3", "" + theta.length);
            assertRefused(wrong, () -> network.forward(arena, null, good), "" + theta.length);
            StandardError broken = StandardError.PLUGIN_CONTRACT;
            assertRefused(broken, () -> network.forward(arena, parameters, without(good, "sample")), "sample");
            assertRefused(
                    broken,
                    () -> network.forward(arena, parameters, with(good, "smaple", arena.zeros(2, 1))),
                    "smaple");
            if (can(Capability.VJP)) {
                Tensor cotangent = network.forward(arena, parameters, good);
                assertRefused(
                        wrong,
                        () -> network.vjp(arena, parameters, good, arena.zeros(2, 3), Set.of("sample")),
                        "cotangent",
                        "[2, 3]");
                assertRefused(
                        broken, () -> network.vjp(arena, parameters, good, cotangent, Set.of("smaple")), "smaple");
            }
        }
    }

    @Test
    public void closed_and_foreign_operands_are_refused() {
        SmallNetwork graph = new SmallNetwork();
        StandardError broken = StandardError.PLUGIN_CONTRACT;
        try (BackendSession other = tested().open();
                Network network = session().compile(graph, graph.weights(), ParameterLayout.empty());
                TensorArena arena = session().arena();
                TensorArena foreign = other.arena()) {
            Map<String, Tensor> good = inputs(arena, network, graph.inputs(2));
            Tensor closed = arena.zeros(2, 2, 4, 4);
            closed.close();
            assertRefused(broken, () -> network.forward(arena, null, with(good, "sample", closed)), "closed");
            Tensor abroad = foreign.zeros(2, 2, 4, 4);
            assertRefused(broken, () -> network.forward(arena, null, with(good, "sample", abroad)), "session");
            assertRefused(broken, () -> network.forward(foreign, null, good), "session");
            TensorArena gone = session().arena();
            gone.close();
            assertRefused(broken, () -> network.forward(gone, null, good), "closed");
            if (can(Capability.VJP)) {
                Tensor output = network.forward(arena, null, good);
                output.close();
                assertRefused(broken, () -> network.vjp(arena, null, good, output, Set.of("sample")), "closed");
            }
        }
    }

    @Test
    public void closed_networks_and_sessions_are_refused() {
        SmallNetwork graph = new SmallNetwork();
        StandardError broken = StandardError.PLUGIN_CONTRACT;
        BackendSession other = tested().open();
        Network closed = other.compile(graph, graph.weights(), ParameterLayout.empty());
        Network open = other.compile(graph, graph.weights(), ParameterLayout.empty());
        TensorArena arena = other.arena();
        Map<String, Tensor> inputs = inputs(arena, open, graph.inputs(1));
        closed.close();
        closed.close();
        assertRefused(broken, () -> closed.forward(arena, null, inputs), "closed");
        other.close();
        other.close();
        open.close();
        assertRefused(broken, () -> open.forward(arena, null, inputs), "closed");
        assertRefused(broken, () -> other.compile(graph, graph.weights(), ParameterLayout.empty()), "closed");
    }

    static Map<String, Tensor> with(Map<String, Tensor> inputs, String name, Tensor tensor) {
        Map<String, Tensor> changed = new LinkedHashMap<>(inputs);
        changed.put(name, tensor);
        return changed;
    }

    private static Map<String, Tensor> without(Map<String, Tensor> inputs, String name) {
        Map<String, Tensor> changed = new LinkedHashMap<>(inputs);
        changed.remove(name);
        return changed;
    }
}
