package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/** Divides by the root of the mean square over the last axis, then scales. */
record RmsNorm(String name, int width, double eps) {
    static RmsNorm declare(Scope scope, String name, int width, double eps) {
        return new RmsNorm(scope.in(name).weight("weight", Initialiser.constant(1), width), width, eps);
    }

    /** [..., width] to the same. */
    <T> T apply(Ops<T> ops, T x) {
        T length = ops.sqrt(ops.shift(ops.mean(ops.mul(x, x), true, -1), eps));
        return ops.mul(ops.div(x, length), ops.weight(name, width));
    }
}
