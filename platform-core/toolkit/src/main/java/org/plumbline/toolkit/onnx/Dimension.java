package org.plumbline.toolkit.onnx;

/**
 * A size of a value, as the file sees it: a number, or a multiple of the batch. Files join the batch with other axes,
 * for example with the heads of an attention; here the joined axes stay apart in the tensor, {@code before} outside the
 * batch and {@code after} inside, and are one only in the file's view.
 *
 * @param before the number, or how many blocks of all rows there are
 * @param batch whether it is a multiple of the batch
 * @param after how many numbers there are per row and block
 */
record Dimension(long before, boolean batch, long after) {
    static final Dimension ONE = of(1);
    static final Dimension BATCH = new Dimension(1, true, 1);

    static Dimension of(long size) {
        return new Dimension(size, false, 1);
    }

    /** The number, or the multiple of the batch. */
    long factor() {
        return before * after;
    }

    boolean isOne() {
        return !batch && before == 1;
    }

    /** How many axes of the tensor it takes. */
    int axes() {
        return batch ? 1 + (before > 1 ? 1 : 0) + (after > 1 ? 1 : 0) : 1;
    }

    @Override
    public String toString() {
        return batch ? (factor() > 1 ? factor() + "B" : "B") : Long.toString(before);
    }
}
