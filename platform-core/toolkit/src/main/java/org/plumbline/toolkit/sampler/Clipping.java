package org.plumbline.toolkit.sampler;

import org.plumbline.spi.sampler.OutputTransform;

/** Limits every number to [-range, range]. Its derivative is 1 inside, the bounds included, and 0 outside. */
public record Clipping(double range) implements OutputTransform {
    @Override
    public double[] apply(double[] h, int rows) {
        double[] m = new double[h.length];
        for (int i = 0; i < h.length; i++) {
            m[i] = Math.max(-range, Math.min(range, h[i]));
        }
        return m;
    }

    @Override
    public double[] pullBack(double[] h, double[] g, int rows) {
        double[] gradient = new double[h.length];
        for (int i = 0; i < h.length; i++) {
            gradient[i] = Math.abs(h[i]) <= range ? g[i] : 0;
        }
        return gradient;
    }
}
