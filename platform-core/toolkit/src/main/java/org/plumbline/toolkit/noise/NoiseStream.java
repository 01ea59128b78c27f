package org.plumbline.toolkit.noise;

import java.util.random.RandomGenerator;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.core.source32.Philox4x32;
import org.apache.commons.rng.sampling.distribution.ZigguratSampler;

/**
 * The random numbers of one key (seed, purpose, update, sample, step). Not thread-safe; make one per use.
 *
 * <p>Seed, purpose and update choose the key of the Philox generator, sample and step the upper half of its counter, so
 * a stream holds 2^64 blocks before it meets another stream of the same key.
 *
 * <p>Source: Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011.
 */
public final class NoiseStream implements RandomGenerator {
    private final UniformRandomProvider uniform;
    private final ZigguratSampler.NormalizedGaussian gaussian;

    private NoiseStream(UniformRandomProvider uniform) {
        this.uniform = uniform;
        this.gaussian = ZigguratSampler.NormalizedGaussian.of(uniform);
    }

    /**
     * The stream of a key.
     *
     * @param seed seed of the run
     * @param purpose what the numbers are for
     * @param update number of the update or rollout
     * @param sample number of the sample, in [0, 2^32)
     * @param step number of the step, in [0, 2^32)
     */
    public static NoiseStream of(long seed, String purpose, long update, long sample, long step) {
        long key = mix(seed);
        for (int i = 0; i < purpose.length(); i++) {
            key = mix(key ^ purpose.charAt(i));
        }
        key = mix(key ^ update);
        return new NoiseStream(
                new Philox4x32(new int[] {(int) key, (int) (key >>> 32), 0, 0, (int) step, (int) sample}));
    }

    /** A stream for decisions that concern a whole update. */
    public static NoiseStream of(long seed, String purpose, long update) {
        return of(seed, purpose, update, 0, 0);
    }

    @Override
    public long nextLong() {
        return uniform.nextLong();
    }

    @Override
    public double nextGaussian() {
        return gaussian.sample();
    }

    /** Standard normal numbers into [from, to) of an array. */
    public void gaussians(double[] target, int from, int to) {
        for (int i = from; i < to; i++) {
            target[i] = gaussian.sample();
        }
    }

    /** Standard normal numbers. */
    public double[] gaussians(int count) {
        double[] values = new double[count];
        gaussians(values, 0, count);
        return values;
    }

    /** The finaliser of SplitMix64: a bijection that spreads every input bit over the result. */
    private static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
