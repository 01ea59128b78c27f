package org.plumbline.plugins.backend.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
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
import org.plumbline.toolkit.onnx.OnnxRecording;

/** A graph that ONNX Runtime has loaded. Checks every argument before it crosses to native code. */
final class RuntimeNetwork implements Network {
    private final RuntimeSession session;
    private final GraphDefinition definition;
    private final List<TensorSpec> specs;
    private final ParameterLayout trainable;
    private final OnnxRecording recording;
    private final ThetaInputs theta;
    private final OrtSession runtime;
    private boolean closed;

    private RuntimeNetwork(
            RuntimeSession session,
            GraphDefinition definition,
            ParameterLayout trainable,
            OnnxRecording recording,
            OrtSession runtime) {
        this.session = session;
        this.definition = definition;
        this.trainable = trainable;
        this.recording = recording;
        this.runtime = runtime;
        specs = List.copyOf(definition.inputs());
        theta = new ThetaInputs(trainable, recording.parameters());
    }

    static RuntimeNetwork compile(
            RuntimeSession session, GraphDefinition graph, WeightSource frozen, ParameterLayout trainable) {
        OnnxRecording recording = OnnxRecording.of(graph, frozen, trainable);
        // ONNX Runtime copies the weights when it loads a model, into the layout that its kernels want.
        List<Block> weights = new ArrayList<>();
        try (SessionOptions options = session.engine().options()) {
            Map<String, OnnxTensorLike> numbers = new HashMap<>();
            for (Map.Entry<String, OnnxRecording.Frozen> entry :
                    recording.frozen().entrySet()) {
                OnnxRecording.Frozen weight = entry.getValue();
                Block block = load(session, weight, frozen);
                weights.add(block);
                numbers.put(entry.getKey(), block.as(weight.shape().sizes()));
            }
            if (!numbers.isEmpty()) {
                options.addExternalInitializers(numbers);
            }
            OrtSession runtime = session.engine().environment().createSession(recording.model(), options);
            return new RuntimeNetwork(session, graph, trainable, recording, runtime);
        } catch (OrtException cause) {
            throw OnnxRuntimeEngine.failure("loading '" + graph.name() + "'", cause);
        } finally {
            weights.forEach(Block::close);
        }
    }

    private static Block load(RuntimeSession session, OnnxRecording.Frozen weight, WeightSource source) {
        float[] values = source.floats(weight.weight());
        if (values.length != weight.shape().rowSize()) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("weight '" + weight.weight() + "' " + weight.shape() + " came with " + values.length
                            + " values")
                    .build();
        }
        Block block = Block.allocate(session.engine().environment(), values.length);
        block.numbers().put(0, values);
        return block;
    }

    @Override
    public GraphDefinition definition() {
        return definition;
    }

    @Override
    public Tensor forward(TensorArena into, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
        BufferArena arena = arena(into);
        Map<String, OnnxTensor> operands = new HashMap<>();
        int rows = operands(parameters, inputs, operands);
        BufferTensor result = arena.make(outputShape(rows));
        run(operands, result);
        return result;
    }

    @Override
    public void forwardInto(Tensor result, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
        requireOpen();
        BufferTensor target = BufferTensor.of(result, session);
        Map<String, OnnxTensor> operands = new HashMap<>();
        long[] shape = outputShape(operands(parameters, inputs, operands));
        if (!Arrays.equals(shape, target.sizes())) {
            throw misfit("a result of " + Arrays.toString(target.sizes()) + " where " + Arrays.toString(shape)
                    + " is needed");
        }
        run(operands, target);
    }

    private void run(Map<String, OnnxTensor> operands, BufferTensor result) {
        OnnxTensor pinned = result.block().as(result.sizes());
        try {
            runtime.run(operands, Set.of(), Map.of(recording.outputName(), pinned))
                    .close();
        } catch (OrtException cause) {
            throw OnnxRuntimeEngine.failure("'" + definition.name() + "'", cause);
        }
    }

    private long[] outputShape(int rows) {
        long[] shape = recording.output().sizes();
        shape[0] = rows;
        return shape;
    }

    @Override
    public VectorJacobian vjp(
            TensorArena into,
            @Nullable Tensor parameters,
            Map<String, Tensor> inputs,
            Tensor cotangent,
            Set<String> wrt) {
        throw new UnsupportedOperationException(
                "ONNX Runtime runs networks forward only; choose djl-pytorch, or it for gradients beside onnxruntime"
                        + " for rollouts");
    }

    /** Checks inputs and theta and adds them; returns the number of rows. */
    private int operands(@Nullable Tensor parameters, Map<String, Tensor> inputs, Map<String, OnnxTensor> operands) {
        requireNames(inputs.keySet());
        int rows = -1;
        for (TensorSpec spec : specs) {
            BufferTensor input = BufferTensor.of(Objects.requireNonNull(inputs.get(spec.name())), session);
            long[] expected = spec.shape();
            expected[0] = rows < 0 ? input.sizes()[0] : rows;
            if (!Arrays.equals(expected, input.sizes())) {
                throw misfit("input '" + spec.name() + "' of " + Arrays.toString(input.sizes()) + " where " + spec
                        + (rows < 0 ? "" : " with " + rows + " rows, like the first input,") + " is needed");
            }
            rows = input.rows();
            operands.put(spec.name(), input.block().as(input.sizes()));
        }
        if (trainable.size() > 0) {
            long[] expected = {trainable.size()};
            if (parameters == null || !Arrays.equals(parameters.shape(), expected)) {
                throw misfit("parameters " + (parameters == null ? "null" : Arrays.toString(parameters.shape()))
                        + " where " + Arrays.toString(expected) + " are needed");
            }
            operands.putAll(BufferTensor.of(parameters, session).block().as(theta));
        }
        return rows;
    }

    private void requireNames(Set<String> names) {
        List<String> known = specs.stream().map(TensorSpec::name).toList();
        if (names.size() != known.size() || !names.containsAll(known)) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("network '" + definition.name() + "' was called with the inputs "
                            + names.stream().sorted().toList())
                    .available(known.toString())
                    .build();
        }
    }

    private BufferArena arena(TensorArena into) {
        requireOpen();
        if (into instanceof BufferArena arena && arena.session() == session) {
            arena.requireOpen();
            return arena;
        }
        throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                .asked("network '" + definition.name() + "' was given an arena of another session")
                .build();
    }

    private void requireOpen() {
        if (closed) {
            throw PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                    .asked("network '" + definition.name() + "' was used after it had been closed")
                    .build();
        }
    }

    private PlumblineException misfit(String problem) {
        return PlumblineException.of(StandardError.WRONG_SHAPE)
                .asked("network '" + definition.name() + "' was called with " + problem)
                .build();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        session.forget(this);
        try {
            runtime.close();
        } catch (OrtException cause) {
            throw OnnxRuntimeEngine.failure("closing '" + definition.name() + "'", cause);
        }
    }
}
