package org.plumbline.plugins.backend.onnxruntime;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.ParameterLayout;

/** How one network finds its parameters in theta. Two of them are the same only if they are the same object. */
final class ThetaInputs {
    /**
     * A parameter.
     *
     * @param input the name of its input in the model
     * @param from where it begins in theta
     */
    record Window(String input, int from, int size, long... shape) {}

    private final List<Window> windows = new ArrayList<>();

    /**
     * @param inputs names of the model's inputs by the names of the parameters
     */
    ThetaInputs(ParameterLayout layout, Map<String, String> inputs) {
        for (ParameterLayout.Entry entry : layout.entries()) {
            String input = Objects.requireNonNull(inputs.get(entry.name()));
            windows.add(new Window(input, entry.offset(), entry.size(), entry.shape()));
        }
    }

    List<Window> windows() {
        return windows;
    }
}
