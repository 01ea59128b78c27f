package org.plumbline.plugins.backend.reference;

import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;

/** A Java array with a shape and an owner. */
final class ReferenceTensor implements Tensor {
    private final int[] shape;
    private ReferenceArena owner;
    private double @Nullable [] data;

    ReferenceTensor(ReferenceArena owner, int[] shape, double[] data) {
        this.owner = owner;
        this.shape = shape;
        this.data = data;
    }

    /**
     * The numbers of a tensor, for reading.
     *
     * @throws org.plumbline.spi.error.PlumblineException if it is closed or does not belong to the session
     */
    static ReferenceTensor of(Tensor tensor, ReferenceSession session) {
        if (!(tensor instanceof ReferenceTensor known) || known.owner.session() != session) {
            throw Misuse.foreign("a tensor");
        }
        known.data();
        return known;
    }

    double[] data() {
        double[] values = data;
        if (values == null) {
            throw Misuse.closed(this.toString());
        }
        return values;
    }

    int[] sizes() {
        return shape;
    }

    /** How many numbers a row holds. */
    int rowSize() {
        return Value.product(shape, 1, shape.length);
    }

    ReferenceArena owner() {
        return owner;
    }

    void moveTo(ReferenceArena arena) {
        owner = arena;
    }

    @Override
    public long[] shape() {
        return Sizes.toLongs(shape);
    }

    @Override
    public double[] toDoubles() {
        return data().clone();
    }

    @Override
    public void close() {
        data = null;
        owner.forget(this);
    }

    /** Drops the numbers, for the owner. */
    void free() {
        data = null;
    }

    @Override
    public String toString() {
        return "tensor " + Misuse.text(shape);
    }
}
