package org.plumbline.plugins.model.diffusers;

import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.plumbline.plugins.model.diffusers.network.Adapters;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.plugins.model.diffusers.network.UNetGraph;
import org.plumbline.plugins.model.diffusers.network.WeightSpec;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;

/**
 * Low-rank adapters as theta. At the start the matrices A are Gaussian with deviation 1 / rank and the matrices B are zero,
 * so that the network computes what it did without them.
 */
final class LoraWeights implements TrainableWeights {
    private final UNetGraph graph;
    private final List<WeightSpec> weights;
    private final ParameterLayout layout;
    private final LoraFile file;

    private LoraWeights(UNetGraph graph, List<WeightSpec> weights, Adapters adapters) {
        this.graph = graph;
        this.weights = weights;
        this.layout = VectorWeights.layout(weights);
        this.file = new LoraFile(layout, adapters.scale());
    }

    static LoraWeights of(PixelModel.Denoiser denoiser, TrainableTarget.Lora target) {
        if (target.rank() < 1 || !Double.isFinite(target.alpha()) || target.alpha() == 0) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("adapters of rank " + target.rank() + " and alpha " + target.alpha())
                    .available("a rank of at least 1 and an alpha that is finite and not 0")
                    .build();
        }
        Adapters adapters = new Adapters(target.rank(), target.alpha() / target.rank(), target.modules());
        Scope scope = Scope.root(adapters);
        UNetGraph graph = denoiser.graph(scope);
        for (String module : target.modules()) {
            if (scope.linearLayers().stream().noneMatch(layer -> Adapters.matches(layer, module))) {
                throw nothingSelected("the module '" + module + "' for adapters", scope.linearLayers());
            }
        }
        if (scope.adapterWeights().isEmpty()) {
            throw nothingSelected("no module for adapters", scope.linearLayers());
        }
        return new LoraWeights(graph, scope.adapterWeights(), adapters);
    }

    private static PlumblineException nothingSelected(String what, List<String> layers) {
        TreeSet<String> ends = new TreeSet<>();
        for (String layer : layers) {
            // The last part, and the one before it where the last is only a number: to_q, to_out.0.
            ends.add(layer.replaceFirst("^(?:.*\\.)?([^.]*[^.0-9][^.]*(?:\\.[0-9]+)?)$", "$1"));
        }
        return PlumblineException.of(StandardError.BAD_VALUE)
                .asked(what + " selects no linear layer of the denoiser")
                .available(String.join(", ", ends))
                .build();
    }

    @Override
    public ParameterLayout layout() {
        return layout;
    }

    @Override
    public double[] initial(long seed) {
        return VectorWeights.draw(weights, seed);
    }

    @Override
    public GraphDefinition denoiser() {
        return graph;
    }

    @Override
    public Path save(double[] theta, Path folder) {
        VectorWeights.checkSize(layout, theta);
        return file.write(theta, folder);
    }

    @Override
    public double[] load(Path path) {
        return file.read(path);
    }
}
