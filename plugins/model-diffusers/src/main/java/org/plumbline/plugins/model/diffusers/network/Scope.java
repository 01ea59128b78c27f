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
    private final Adapters adapters;
    private final List<WeightSpec> weights;
    private final List<WeightSpec> adapterWeights;
    private final List<String> layers;

    private Scope(
            String prefix,
            Adapters adapters,
            List<WeightSpec> weights,
            List<WeightSpec> adapterWeights,
            List<String> layers) {
        this.prefix = prefix;
        this.adapters = adapters;
        this.weights = weights;
        this.adapterWeights = adapterWeights;
        this.layers = layers;
    }

    /** The root of a network whose weights are called as in its own file. */
    public static Scope root() {
        return root("");
    }

    /** The root of a network that is part of a larger one; all its names start with {@code prefix}. */
    public static Scope root(String prefix) {
        return new Scope(prefix, Adapters.none(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    /** The root of a network with adapters. */
    public static Scope root(Adapters adapters) {
        return new Scope("", adapters, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    /** The scope of a named part. */
    Scope in(String part) {
        return new Scope(prefix + part + ".", adapters, weights, adapterWeights, layers);
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

    /** The names of all linear layers and convolutions: what can have an adapter. */
    public List<String> layers() {
        return List.copyOf(layers);
    }

    /** Declares a weight and returns its full name. */
    String weight(String name, Initialiser start, long... shape) {
        weights.add(new WeightSpec(prefix + name, start, shape));
        return prefix + name;
    }

    /** Declares a constant that files hold among the weights, and returns its full name. */
    String constant(String name, Initialiser values, long... shape) {
        weights.add(new WeightSpec(prefix + name, values, false, shape));
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
        return new Linear(prefix + name, in, out, bias, adapter(prefix + name, new long[] {in}, new long[] {out}));
    }

    Conv2d conv(String name, int in, int out, int kernel, int stride, int padding) {
        Initialiser start = Initialiser.fanIn((long) in * kernel * kernel);
        weight(name + ".weight", start, out, in, kernel, kernel);
        weight(name + ".bias", start, out);
        LowRank lowRank = adapter(prefix + name, new long[] {in, kernel, kernel}, new long[] {out, 1, 1});
        return new Conv2d(prefix + name, in, out, kernel, stride, padding, lowRank);
    }

    /**
     * Declares the adapter of a layer, if it has one: A starts Gaussian with deviation 1 / rank, B zero.
     *
     * @param in the sizes of A after its first, the rank
     * @param out the sizes of B without its second, the rank
     */
    private @Nullable LowRank adapter(String layer, long[] in, long[] out) {
        layers.add(layer);
        LowRank lowRank = adapters.on(layer).orElse(null);
        if (lowRank != null) {
            long[] a = new long[in.length + 1];
            a[0] = lowRank.rank();
            System.arraycopy(in, 0, a, 1, in.length);
            long[] b = new long[out.length + 1];
            b[0] = out[0];
            b[1] = lowRank.rank();
            System.arraycopy(out, 1, b, 2, out.length - 1);
            adapterWeights.add(new WeightSpec(layer + LowRank.A, Initialiser.normal(1.0 / lowRank.rank()), a));
            adapterWeights.add(new WeightSpec(layer + LowRank.B, Initialiser.constant(0), b));
        }
        return lowRank;
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
