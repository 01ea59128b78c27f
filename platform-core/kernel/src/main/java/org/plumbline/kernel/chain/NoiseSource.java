package org.plumbline.kernel.chain;

import org.plumbline.toolkit.noise.NoiseStream;

/** Standard normal noise of a rollout, the same whenever it is asked for. */
public interface NoiseSource {
    /** The noise from which a row starts, before the program scales it. */
    double[] initial(int row, int size);

    /** The noise that enters a row at a call. */
    double[] step(int row, int call, int size);

    /**
     * Noise from keys.
     *
     * @param seed seed of the run
     * @param purpose keeps training and evaluation apart
     * @param rollout number of the rollout
     */
    static NoiseSource keyed(long seed, String purpose, long rollout) {
        return new NoiseSource() {
            @Override
            public double[] initial(int row, int size) {
                return NoiseStream.of(seed, purpose + ".initial", rollout, row, 0)
                        .gaussians(size);
            }

            @Override
            public double[] step(int row, int call, int size) {
                return NoiseStream.of(seed, purpose + ".step", rollout, row, call)
                        .gaussians(size);
            }
        };
    }

    /** The same step noise, but one initial noise for every so many rows. */
    default NoiseSource sharedInitially(int rows) {
        NoiseSource own = this;
        return new NoiseSource() {
            @Override
            public double[] initial(int row, int size) {
                return own.initial(row - row % rows, size);
            }

            @Override
            public double[] step(int row, int call, int size) {
                return own.step(row, call, size);
            }
        };
    }
}
