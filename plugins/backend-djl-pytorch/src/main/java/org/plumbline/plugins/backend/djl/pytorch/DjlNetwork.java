package org.plumbline.plugins.backend.djl.pytorch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.toolkit.graph.Shape;

/** A graph compiled to TorchScript. Checks every argument before it crosses to native code. */
final class DjlNetwork implements Network {
    private final DjlSession session;
    private final GraphDefinition definition;
    private final List<TensorSpec> specs;
    private final ParameterLayout trainable;

    private final Shape output;

    private final TorchScriptModule module;
    private final NDManager masks;
    /** Which inputs a gradient is wanted for, as the program expects it: one small tensor of the host per choice. */
    private final Map<List<Boolean>, NDArray> wanted = new HashMap<>();

    private boolean closed;

    DjlNetwork(
            DjlSession session,
            NDManager owner,
            GraphDefinition definition,
            WeightSource frozen,
            ParameterLayout trainable) {
        this.session = session;
        this.definition = definition;
        this.trainable = trainable;
        specs = List.copyOf(definition.inputs());
        DjlPytorchBackend.Configuration settings = session.configuration();
        Precision precision = definition.float32() ? Precision.FLOAT32 : settings.precision();
        TorchScriptProgram program =
                TorchScriptProgram.of(definition, frozen, trainable, precision, settings.recompute());
        TorchScriptArchive archive = new TorchScriptArchive(program.text(), program.attributes());
        output = program.output();
        module = TorchScriptModule.load(definition.name(), archive, owner, settings.threads());
        masks = owner.newSubManager(Device.cpu());
    }

    @Override
    public GraphDefinition definition() {
        return definition;
    }

    @Override
    public Tensor forward(TensorArena into, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
        DjlArena arena = arena(into);
        RowCall call = new RowCall(session, module, TorchScriptProgram.FORWARD, false);
        int rows = addInputs(call, arena, inputs);
        addParameters(call, arena, parameters);
        return arena.own(call.run(arena, rows).get(0));
    }

    @Override
    public void forwardInto(Tensor result, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
        requireOpen();
        if (!(result instanceof DjlTensor target)) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("the output of network '" + definition.name() + "' was to go into a tensor of another"
                            + " session (" + result.getClass().getName() + ")")
                    .build();
        }
        NDArray into = target.array(session);
        DjlArena arena = target.owner();
        RowCall call = new RowCall(session, module, TorchScriptProgram.FORWARD, false);
        int rows = addInputs(call, arena, inputs);
        addParameters(call, arena, parameters);
        NDArray output = call.run(arena, rows).get(0);
        try {
            if (!output.getShape().equals(into.getShape())) {
                throw misfit("a result of " + Arrays.toString(target.shape()) + " where "
                        + Arrays.toString(output.getShape().getShape()) + " is needed");
            }
            session.kernels().call(arena.marker(), "copy", into, output).close();
        } finally {
            output.close();
        }
    }

    @Override
    public VectorJacobian vjp(
            TensorArena into,
            @Nullable Tensor parameters,
            Map<String, Tensor> inputs,
            Tensor cotangent,
            Set<String> wrt) {
        DjlArena arena = arena(into);
        RowCall call = new RowCall(session, module, TorchScriptProgram.VJP, trainable.size() > 0);
        call.add(mask(wrt), false).add(arena.array(cotangent), true);
        int rows = addInputs(call, arena, inputs);
        if (!matches(output.sizes(), rows, cotangent.shape())) {
            throw misfit("a cotangent of " + Arrays.toString(cotangent.shape()) + " for an output of " + output
                    + " with " + rows + " rows");
        }
        addParameters(call, arena, parameters);
        NDList results = call.run(arena, rows);

        int next = 0;
        Tensor output = arena.own(results.get(next++));
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        for (TensorSpec spec : specs) {
            if (wrt.contains(spec.name())) {
                gradients.put(spec.name(), arena.own(results.get(next++)));
            }
        }
        Tensor theta = trainable.size() > 0 ? arena.own(results.get(next)) : null;
        return new VectorJacobian(output, gradients, theta);
    }

    /** Adds the inputs in the graph's order, all checked, and returns the number of rows. */
    private int addInputs(RowCall call, DjlArena arena, Map<String, Tensor> inputs) {
        requireNames("inputs", inputs.keySet(), inputs.size() == specs.size());
        int rows = -1;
        for (TensorSpec spec : specs) {
            Tensor input = Objects.requireNonNull(inputs.get(spec.name()));
            call.add(arena.array(input), true);
            if (!matches(spec.shape(), rows, input.shape())) {
                throw misfit("input '" + spec.name() + "' of " + Arrays.toString(input.shape()) + " where " + spec
                        + (rows < 0 ? "" : " with " + rows + " rows, like the first input,") + " is needed");
            }
            rows = input.rows();
        }
        return rows;
    }

    private void addParameters(RowCall call, DjlArena arena, @Nullable Tensor parameters) {
        if (trainable.size() > 0) {
            long[] expected = {trainable.size()};
            if (parameters == null || !Arrays.equals(parameters.shape(), expected)) {
                throw misfit("parameters " + (parameters == null ? "null" : Arrays.toString(parameters.shape()))
                        + " where " + Arrays.toString(expected) + " are needed");
            }
            call.add(arena.array(parameters), false);
        }
    }

    /** Whether a shape is the expected one for this number of rows; any number if negative. */
    private static boolean matches(long[] expected, int rows, long[] found) {
        long[] filled = expected.clone();
        filled[0] = rows < 0 && found.length > 0 ? found[0] : rows;
        return Arrays.equals(filled, found);
    }

    /** The names are names of inputs; all of them if {@code complete} must hold. */
    private void requireNames(String what, Set<String> names, boolean complete) {
        List<String> known = specs.stream().map(TensorSpec::name).toList();
        if (!complete || !known.containsAll(names)) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("network '" + definition.name() + "' was called with the " + what + " "
                            + names.stream().sorted().toList())
                    .available(known.toString())
                    .build();
        }
    }

    private NDArray mask(Set<String> wrt) {
        requireNames("gradients wanted for", wrt, true);
        List<Boolean> choice =
                specs.stream().map(spec -> wrt.contains(spec.name())).toList();
        return wanted.computeIfAbsent(choice, key -> {
            float[] flags = new float[Math.max(1, key.size())];
            for (int i = 0; i < key.size(); i++) {
                flags[i] = key.get(i) ? 1 : 0;
            }
            return masks.create(flags, new ai.djl.ndarray.types.Shape(flags.length));
        });
    }

    private void requireOpen() {
        if (closed || session.isClosed()) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("network '" + definition.name() + "' was used after it had been closed")
                    .build();
        }
    }

    private DjlArena arena(TensorArena into) {
        requireOpen();
        if (into instanceof DjlArena arena && arena.session() == session) {
            return arena;
        }
        throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                .asked("network '" + definition.name() + "' was given an arena of another session")
                .build();
    }

    private PlumblineException misfit(String problem) {
        return PlumblineException.of(StandardError.WRONG_SHAPE)
                .asked("network '" + definition.name() + "' was called with " + problem)
                .build();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (!session.isClosed()) {
                masks.close();
                module.close();
            }
            session.forget(this);
        }
    }
}
