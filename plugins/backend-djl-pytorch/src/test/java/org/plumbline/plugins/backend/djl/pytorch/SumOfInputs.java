package org.plumbline.plugins.backend.djl.pytorch;

import java.util.List;
import java.util.Map;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;

/** a + b: automatic differentiation hands the cotangent itself out as both gradients. */
record SumOfInputs() implements GraphDefinition {
    @Override
    public String name() {
        return "sum";
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(new TensorSpec("a", TensorSpec.BATCH, 2), new TensorSpec("b", TensorSpec.BATCH, 2));
    }

    @Override
    public <T> T build(Ops<T> ops, Map<String, T> inputs) {
        return ops.add(inputs.get("a"), inputs.get("b"));
    }
}
