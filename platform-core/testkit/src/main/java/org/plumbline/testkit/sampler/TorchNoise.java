package org.plumbline.testkit.sampler;

/**
 * Standard normal numbers as PyTorch's generator on the CPU gives them after {@code manual_seed}, in blocks of 16 or more:
 * recorded loops with noise were made with them. Not thread-safe.
 *
 * <p>A Mersenne twister (MT19937) gives 24 bits per number; each sixteen of them are turned into normal ones by Box and
 * Muller, the first eight of a block together with the other eight. Up to the last bits of float32 functions.
 */
final class TorchNoise {
    private static final int WORDS = 624;
    private static final int SHIFT = 397;
    private static final int BLOCK = 16;

    private final int[] state = new int[WORDS];
    private int next = WORDS;

    TorchNoise(int seed) {
        state[0] = seed;
        for (int i = 1; i < WORDS; i++) {
            state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
        }
    }

    /**
     * The next numbers.
     *
     * @param size a multiple of 16
     */
    double[] normal(int size) {
        if (size % BLOCK != 0) {
            throw new IllegalArgumentException(size + " numbers, not a multiple of " + BLOCK);
        }
        double[] values = new double[size];
        for (int i = 0; i < size; i++) {
            values[i] = (word() & 0xFFFFFF) * 0x1p-24;
        }
        for (int block = 0; block < size; block += BLOCK) {
            for (int i = block; i < block + BLOCK / 2; i++) {
                double radius = Math.sqrt(-2 * Math.log(1 - values[i]));
                double angle = 2 * Math.PI * values[i + BLOCK / 2];
                values[i] = (float) (radius * Math.cos(angle));
                values[i + BLOCK / 2] = (float) (radius * Math.sin(angle));
            }
        }
        return values;
    }

    private int word() {
        if (next == WORDS) {
            for (int i = 0; i < WORDS; i++) {
                int joined = (state[i] & 0x80000000) | (state[(i + 1) % WORDS] & 0x7FFFFFFF);
                int twist = (joined & 1) == 0 ? 0 : 0x9908B0DF;
                state[i] = state[(i + SHIFT) % WORDS] ^ (joined >>> 1) ^ twist;
            }
            next = 0;
        }
        int y = state[next++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >>> 18);
    }
}
