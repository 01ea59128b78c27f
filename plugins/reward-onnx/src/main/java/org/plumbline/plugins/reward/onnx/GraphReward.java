package org.plumbline.plugins.reward.onnx;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.toolkit.onnx.OnnxGraph;

/** The reward as one graph: preparation of the images, the file's network, and what is read out of it. */
record GraphReward(
        String unit, ImagePreparation preparation, String input, OnnxGraph network, Readout readout, Wanted wanted)
        implements DifferentiableRewardModel {
    @Override
    public GraphDefinition graph(long[] imageShape) {
        return new Whole(this, preparation.graph(imageShape));
    }

    @Override
    public WeightSource weights() {
        return network.weights();
    }

    @Override
    public Map<String, double[]> inputs(List<String> prompts) {
        int numbers = readout.numbers();
        double[] rows = new double[prompts.size() * numbers];
        for (int row = 0; row < prompts.size(); row++) {
            System.arraycopy(wanted.row(prompts.get(row)), 0, rows, row * numbers, numbers);
        }
        return Map.of(Readout.WANTED, rows);
    }

    @Override
    public void close() {
        wanted.close();
    }

    private record Whole(GraphReward reward, GraphDefinition prepare) implements GraphDefinition {
        @Override
        public String name() {
            return reward.network.name();
        }

        @Override
        public List<TensorSpec> inputs() {
            return List.of(
                    prepare.inputs().get(0),
                    new TensorSpec(Readout.WANTED, TensorSpec.BATCH, reward.readout.numbers()));
        }

        @Override
        public <T> T build(Ops<T> ops, Map<String, T> inputs) {
            T prepared = prepare.build(ops, inputs);
            T numbers = reward.network.build(ops, Map.of(reward.input, prepared));
            Map<String, T> last = new HashMap<>();
            last.put(Readout.FOUND, ops.reshape(numbers, TensorSpec.BATCH, reward.readout.numbers()));
            last.put(Readout.WANTED, Objects.requireNonNull(inputs.get(Readout.WANTED)));
            return reward.readout.build(ops, last);
        }
    }
}
