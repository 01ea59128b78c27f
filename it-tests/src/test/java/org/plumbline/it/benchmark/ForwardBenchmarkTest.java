package org.plumbline.it.benchmark;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.it.App;
import org.plumbline.it.benchmark.ForwardBenchmark.Timing;
import org.plumbline.it.benchmark.ForwardBenchmark.Trained;

/** Why one would want forward passes on another backend at all. */
@Tag("long")
class ForwardBenchmarkTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 16})
    void onnxruntime_runs_the_shipped_model_forward_at_least_as_fast_as_libtorch_alone_and_in_a_composite(
            int rows, @TempDir Path scratch) {
        Map<String, Timing> all = ForwardBenchmark.measure(App.HOME, scratch, Trained.ADAPTERS, rows, 100);
        double torch = all.get(ForwardBenchmark.TORCH).cpu();
        assertTrue(torch >= all.get(ForwardBenchmark.ONNX).cpu(), all::toString);
        assertTrue(torch >= all.get(ForwardBenchmark.BOTH).cpu(), all::toString);
    }
}
