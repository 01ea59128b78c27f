package org.plumbline.plugins.backend.reference;

/** Sizes as {@code long}, which the SPI speaks, and as {@code int}, which Java arrays want. */
final class Sizes {
    private Sizes() {}

    static int[] toInts(long[] sizes) {
        int[] ints = new int[sizes.length];
        for (int axis = 0; axis < ints.length; axis++) {
            ints[axis] = Math.toIntExact(sizes[axis]);
        }
        return ints;
    }

    static long[] toLongs(int[] sizes) {
        long[] longs = new long[sizes.length];
        for (int axis = 0; axis < longs.length; axis++) {
            longs[axis] = sizes[axis];
        }
        return longs;
    }
}
