package org.plumbline.plugins.backend.reference;

/**
 * Group and layer normalisation. Both cut the array into stretches, bring each to mean 0 and variance 1, and scale and
 * shift element j of a stretch by an entry of gamma and beta.
 */
final class Normalisation {
    private final Tape tape;

    Normalisation(Tape tape) {
        this.tape = tape;
    }

    Value groupNorm(Value x, int groups, Value gamma, Value beta, double eps) {
        int spatial = Value.product(x.shape, 2, x.rank());
        return normalise(x, x.shape[1] / groups, groups, spatial, gamma, beta, eps);
    }

    Value layerNorm(Value x, Value gamma, Value beta, double eps) {
        return normalise(x, x.lastSize(), 1, 1, gamma, beta, eps);
    }

    /**
     * Normalises stretch by stretch.
     *
     * @param channels channels per stretch
     * @param groups stretches after which the channels begin anew
     * @param spatial elements per channel
     */
    private Value normalise(Value x, int channels, int groups, int spatial, Value gamma, Value beta, double eps) {
        int size = channels * spatial;
        int stretches = x.data.length / size;
        double[] normal = new double[x.data.length];
        double[] inverseDeviation = new double[stretches];
        double[] y = new double[x.data.length];
        for (int stretch = 0; stretch < stretches; stretch++) {
            int start = stretch * size;
            int channel = stretch % groups * channels;
            double mean = 0;
            for (int i = start; i < start + size; i++) {
                mean += x.data[i];
            }
            mean /= size;
            double variance = 0;
            for (int i = start; i < start + size; i++) {
                variance += (x.data[i] - mean) * (x.data[i] - mean);
            }
            variance /= size;
            double scale = 1 / Math.sqrt(variance + eps);
            inverseDeviation[stretch] = scale;
            for (int j = 0; j < size; j++) {
                int c = channel + j / spatial;
                normal[start + j] = (x.data[start + j] - mean) * scale;
                y[start + j] = gamma.data[c] * normal[start + j] + beta.data[c];
            }
        }
        Tape.PullBack pullBack = g -> {
            double[] h = new double[size];
            for (int stretch = 0; stretch < stretches; stretch++) {
                int start = stretch * size;
                int channel = stretch % groups * channels;
                // With h the cotangent of the normalised values n: dx = (h - mean(h) - n mean(h n)) / deviation.
                double meanH = 0;
                double meanHn = 0;
                for (int j = 0; j < size; j++) {
                    int c = channel + j / spatial;
                    if (gamma.tracked) {
                        gamma.gradient()[c] += g[start + j] * normal[start + j];
                    }
                    if (beta.tracked) {
                        beta.gradient()[c] += g[start + j];
                    }
                    h[j] = g[start + j] * gamma.data[c];
                    meanH += h[j];
                    meanHn += h[j] * normal[start + j];
                }
                meanH /= size;
                meanHn /= size;
                if (x.tracked) {
                    double[] into = x.gradient();
                    for (int j = 0; j < size; j++) {
                        into[start + j] += (h[j] - meanH - normal[start + j] * meanHn) * inverseDeviation[stretch];
                    }
                }
            }
        };
        return tape.result(x.shape, y, pullBack, x, gamma, beta);
    }
}
