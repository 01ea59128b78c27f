package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.spi.graph.Ops;

/** What a feed-forward network does between its two layers. */
enum Activation {
    /** x times the normal distribution function of x. */
    GELU,
    /** x sigmoid(1.702 x). */
    QUICK_GELU,
    /** The approximation of GELU by a hyperbolic tangent. */
    GELU_TANH;

    private static final double CUBIC = 0.044715;

    /** Reads an option in the names that transformers uses. */
    static Activation read(ConfigFile file, String key, String whenAbsent) {
        return switch (file.text(key, whenAbsent)) {
            case "quick_gelu" -> QUICK_GELU;
            case "gelu" -> GELU;
            case "gelu_new", "gelu_pytorch_tanh" -> GELU_TANH;
            default -> throw file.unsupported(key, "quick_gelu, gelu, gelu_new, gelu_pytorch_tanh");
        };
    }

    <T> T apply(Ops<T> ops, T x) {
        return switch (this) {
            case GELU -> ops.gelu(x);
            case QUICK_GELU -> ops.quickGelu(x);
            case GELU_TANH -> {
                T cube = ops.mul(ops.mul(x, x), x);
                T inner = ops.scale(ops.add(x, ops.scale(cube, CUBIC)), Math.sqrt(2 / Math.PI));
                yield ops.mul(ops.scale(x, 0.5), ops.shift(ops.tanh(inner), 1));
            }
        };
    }
}
