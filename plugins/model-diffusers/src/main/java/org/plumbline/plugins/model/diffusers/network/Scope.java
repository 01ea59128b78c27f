package org.plumbline.plugins.model.diffusers.network;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place in a network while it is being built: what the names of its weights start with, and the list to which layers add
 * the weights they own. All scopes of one network share the list. Not thread-safe.
 */
public final class Scope {
    private final String prefix;
    private final @Nullable Adapters adapters;
    private final List<WeightSpec> weights;
    private final List<WeightSpec> adapterWeights;
    private final List<Linear> linears;

    private Scope(
            String prefix,
            @Nullable Adapters adapters,
            List<WeightSpec> weights,
            List<WeightSpec> adapterWeights,
            List<Linear> linears) {
        this.prefix = prefix;
        this.adapters = adapters;
        this.weights = weights;
        this.adapterWeights = adapterWeights;
        this.linears = linears;
    }

    /** The root of a network whose weights are called as in its own file. */
    public static Scope root() {
        return root("");
    }

    /** The root of a network that is part of a larger one; all its names start with {@code prefix}. */
    public static Scope root(String prefix) {
        return new Scope(prefix, null, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    /** The root of a network with adapters. */
    public static Scope root(Adapters adapters) {
        return new Scope("", adapters, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    /** The scope of a named part. */
    Scope in(String part) {
        return new Scope(prefix + part + ".", adapters, weights, adapterWeights, linears);
    }

    /** The scope of an entry of a named list of parts. */
    Scope in(String list, int index) {
        return in(list + "." + index);
    }

    /** The weights that the layers have declared so far, adapters left out. */
    public List<WeightSpec> weights() {
        return List.copyOf(weights);
    }

    /** The weights of adapters. */
    public List<WeightSpec> adapterWeights() {
        return List.copyOf(adapterWeights);
    }

    /** The names of all linear layers. */
    public List<String> linearLayers() {
        return linears.stream().map(Linear::name).toList();
    }

    /** Declares a weight and returns its full name. */
    String weight(String name, Initialiser start, long... shape) {
        weights.add(new WeightSpec(prefix + name, start, shape));
        return prefix + name;
    }

    Linear linear(String name, int in, int out, boolean bias) {
        return linear(name, in, out, bias, Initialiser.fanIn(in), Initialiser.fanIn(in));
    }

    Linear linear(String name, int in, int out, boolean bias, Initialiser weightStart, Initialiser biasStart) {
        weight(name + ".weight", weightStart, out, in);
        if (bias) {
            weight(name + ".bias", biasStart, out);
        }
        Linear.LowRank lowRank = null;
        String layer = prefix + name;
        if (adapters != null && adapters.select(layer)) {
            lowRank = new Linear.LowRank(adapters.rank(), adapters.scale());
            adapterWeights.add(new WeightSpec(
                    layer + ".lora_A.weight", Initialiser.normal(1.0 / adapters.rank()), adapters.rank(), in));
            adapterWeights.add(new WeightSpec(layer + ".lora_B.weight", Initialiser.constant(0), out, adapters.rank()));
        }
        Linear linear = new Linear(layer, in, out, bias, lowRank);
        linears.add(linear);
        return linear;
    }

    Conv2d conv(String name, int in, int out, int kernel, int stride, int padding) {
        Initialiser start = Initialiser.fanIn((long) in * kernel * kernel);
        weight(name + ".weight", start, out, in, kernel, kernel);
        weight(name + ".bias", start, out);
        return new Conv2d(prefix + name, in, out, kernel, stride, padding);
    }

    GroupNorm groupNorm(String name, int groups, int channels, double eps) {
        weight(name + ".weight", Initialiser.constant(1), channels);
        weight(name + ".bias", Initialiser.constant(0), channels);
        return new GroupNorm(prefix + name, groups, channels, eps);
    }

    LayerNorm layerNorm(String name, int width, double eps) {
        weight(name + ".weight", Initialiser.constant(1), width);
        weight(name + ".bias", Initialiser.constant(0), width);
        return new LayerNorm(prefix + name, width, eps);
    }
}
