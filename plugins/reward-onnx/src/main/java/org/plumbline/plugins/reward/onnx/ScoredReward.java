package org.plumbline.plugins.reward.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.reward.ImageBatch;

/**
 * The reward as ONNX Runtime computes it. Preparation and readout are the graphs of {@link GraphReward}, written as ONNX,
 * so that both kinds score the same.
 */
final class ScoredReward implements BlackBoxRewardModel {
    private final String unit;
    private final ImagePreparation preparation;
    private final String input;
    private final String output;
    private final OrtNetwork network;
    private final Readout readout;
    private final OrtNetwork read;
    private final Wanted wanted;
    private final String why;
    private final Map<List<Integer>, OrtNetwork> preparations = new ConcurrentHashMap<>();

    /**
     * Takes over the network and what is wanted.
     *
     * @param why there is no gradient
     */
    ScoredReward(
            String unit,
            ImagePreparation preparation,
            String input,
            String output,
            OrtNetwork network,
            Readout readout,
            Wanted wanted,
            String why) {
        this.unit = unit;
        this.preparation = preparation;
        this.input = input;
        this.output = output;
        this.network = network;
        this.readout = readout;
        this.read = OrtNetwork.of(readout, WeightSource.none());
        this.wanted = wanted;
        this.why = why;
    }

    @Override
    public String unit() {
        return unit;
    }

    @Override
    public String whyNoGradient() {
        return why;
    }

    @Override
    public double[] score(ImageBatch images, List<String> prompts) {
        long[] shape = {images.channels(), images.height(), images.width()};
        OrtNetwork prepare = preparations.computeIfAbsent(
                List.of(images.channels(), images.height(), images.width()),
                sizes -> OrtNetwork.of(preparation.graph(shape), WeightSource.none()));
        int size = images.channels() * images.height() * images.width();
        double[] scores = new double[images.rows()];
        for (int row = 0; row < scores.length; row++) {
            double[] pixels = Arrays.copyOfRange(images.pixels(), row * size, (row + 1) * size);
            double[] prepared = prepare.run(Map.of(DifferentiableRewardModel.IMAGE, new OrtNetwork.Row(pixels, shape)));
            double[] found = network.run(output, Map.of(input, new OrtNetwork.Row(prepared, preparation.row())));
            scores[row] = read.run(Map.of(
                    Readout.FOUND,
                    new OrtNetwork.Row(found, readout.numbers()),
                    Readout.WANTED,
                    new OrtNetwork.Row(wanted.row(prompts.get(row)), readout.numbers())))[0];
        }
        return scores;
    }

    @Override
    public void close() {
        preparations.values().forEach(OrtNetwork::close);
        read.close();
        network.close();
        wanted.close();
    }
}
