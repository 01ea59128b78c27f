package org.plumbline.toolkit.sampler;

import java.util.Arrays;
import org.plumbline.spi.sampler.TimePoint;

/**
 * The noise levels that a sampler goes through and the labels under which it asks the network, from the noise to the
 * output. The arrays belong to the record and must not be changed.
 *
 * @param labels K time labels
 * @param levels K + 1 levels, descending; the last may be 0. With {@code flow} a level is sigma and alpha = 1 - sigma, else
 *     it is S = sigma / alpha of a variance preserving path
 * @param flow whether the path is the straight one of flow matching
 */
public record NoiseGrid(double[] labels, double[] levels, boolean flow) {
    public NoiseGrid {
        if (levels.length != labels.length + 1) {
            throw new IllegalArgumentException(labels.length + " labels and " + levels.length + " levels");
        }
    }

    /** K. */
    public int steps() {
        return labels.length;
    }

    /** Where the network is asked in step i. */
    public TimePoint at(int i) {
        return new TimePoint(labels[i], alpha(i), sigma(i));
    }

    /** Signal rate at node i, in [0, K]. */
    public double alpha(int i) {
        return flow ? 1 - levels[i] : 1 / Math.sqrt(1 + levels[i] * levels[i]);
    }

    /** Noise rate at node i, in [0, K]. */
    public double sigma(int i) {
        return flow ? levels[i] : levels[i] * alpha(i);
    }

    /** log (alpha / sigma) at node i; infinite where there is no noise. */
    public double lambda(int i) {
        return Math.log(alpha(i)) - Math.log(sigma(i));
    }

    /** The grid without its first steps. */
    public NoiseGrid from(int first) {
        return new NoiseGrid(
                Arrays.copyOfRange(labels, first, labels.length),
                Arrays.copyOfRange(levels, first, levels.length),
                flow);
    }
}
