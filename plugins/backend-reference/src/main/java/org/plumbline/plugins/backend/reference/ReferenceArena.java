package org.plumbline.plugins.backend.reference;

import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;

/** Owns tensors and nested arenas. */
final class ReferenceArena implements TensorArena {
    private final ReferenceSession session;
    private final @Nullable ReferenceArena parent;
    private final Set<ReferenceTensor> tensors = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<ReferenceArena> children = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean closed;

    ReferenceArena(ReferenceSession session) {
        this(session, null);
    }

    private ReferenceArena(ReferenceSession session, @Nullable ReferenceArena parent) {
        this.session = session;
        this.parent = parent;
    }

    ReferenceSession session() {
        return session;
    }

    /** Checks that an arena is open and belongs to the session. */
    static ReferenceArena of(TensorArena arena, ReferenceSession session) {
        if (!(arena instanceof ReferenceArena known) || known.session != session) {
            throw Misuse.foreign("an arena");
        }
        known.requireOpen();
        return known;
    }

    /** A tensor over this very array. */
    ReferenceTensor own(int[] shape, double[] data) {
        requireOpen();
        ReferenceTensor tensor = new ReferenceTensor(this, shape, data);
        tensors.add(tensor);
        return tensor;
    }

    @Override
    public Tensor tensor(double[] values, long... shape) {
        int[] sizes = sizes(shape);
        if (values.length != Value.product(sizes)) {
            throw Misuse.wrongShape("a tensor " + Misuse.text(sizes) + " cannot hold " + values.length + " values");
        }
        return own(sizes, values.clone());
    }

    @Override
    public Tensor zeros(long... shape) {
        int[] sizes = sizes(shape);
        return own(sizes, new double[Value.product(sizes)]);
    }

    private static int[] sizes(long[] shape) {
        int[] sizes = Sizes.toInts(shape);
        boolean good = sizes.length > 0;
        for (int size : sizes) {
            good &= size >= 0;
        }
        if (!good) {
            throw Misuse.wrongShape("a tensor cannot have the shape " + Misuse.text(sizes));
        }
        return sizes;
    }

    @Override
    public Tensor combine(double[] coefficients, List<Tensor> parts) {
        requireSome("combine", parts);
        if (coefficients.length != parts.size()) {
            throw Misuse.wrongShape(
                    "combine got " + coefficients.length + " coefficients for " + parts.size() + " tensors");
        }
        ReferenceTensor first = operand(parts.get(0));
        double[] sum = new double[first.data().length];
        for (int part = 0; part < coefficients.length; part++) {
            ReferenceTensor x = operand(parts.get(part));
            requireSameShape("combine", first, x);
            addScaled(coefficients[part], x.data(), sum);
        }
        return own(first.sizes(), sum);
    }

    @Override
    public Tensor scaleRows(double[] factors, Tensor x) {
        ReferenceTensor from = operand(x);
        if (factors.length != from.rows()) {
            throw Misuse.wrongShape("scaleRows got " + factors.length + " factors for the rows of " + from);
        }
        int row = from.rowSize();
        double[] scaled = from.data().clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] *= factors[i / row];
        }
        return own(from.sizes(), scaled);
    }

    @Override
    public double[] dotRows(Tensor a, Tensor b) {
        ReferenceTensor left = operand(a);
        ReferenceTensor right = operand(b);
        requireSameShape("dotRows", left, right);
        int row = left.rowSize();
        double[] x = left.data();
        double[] y = right.data();
        double[] products = new double[left.rows()];
        for (int i = 0; i < products.length; i++) {
            double sum = 0;
            for (int at = i * row; at < (i + 1) * row; at++) {
                sum += x[at] * y[at];
            }
            products[i] = sum;
        }
        return products;
    }

    @Override
    public Tensor rows(Tensor x, int from, int to) {
        ReferenceTensor whole = operand(x);
        if (from < 0 || from >= to || to > whole.rows()) {
            throw Misuse.wrongShape("rows [" + from + ", " + to + ") do not lie in " + whole);
        }
        int[] sizes = whole.sizes().clone();
        sizes[0] = to - from;
        int row = whole.rowSize();
        return own(sizes, Arrays.copyOfRange(whole.data(), from * row, to * row));
    }

    @Override
    public Tensor concatRows(List<Tensor> parts) {
        requireSome("concatRows", parts);
        ReferenceTensor first = operand(parts.get(0));
        int[] sizes = first.sizes().clone();
        sizes[0] = 0;
        for (Tensor part : parts) {
            ReferenceTensor x = operand(part);
            int[] wanted = first.sizes().clone();
            wanted[0] = x.rows();
            if (!Arrays.equals(wanted, x.sizes())) {
                throw Misuse.wrongShape("concatRows cannot put " + x + " below " + first);
            }
            sizes[0] += x.rows();
        }
        double[] joined = new double[Value.product(sizes)];
        int at = 0;
        for (Tensor part : parts) {
            double[] numbers = operand(part).data();
            System.arraycopy(numbers, 0, joined, at, numbers.length);
            at += numbers.length;
        }
        return own(sizes, joined);
    }

    @Override
    public void accumulate(Tensor target, double factor, Tensor x) {
        ReferenceTensor sum = operand(target);
        ReferenceTensor term = operand(x);
        if (sum.owner() != this) {
            throw Misuse.broken("accumulate may change tensors of its own arena only, and " + sum + " is of another");
        }
        requireSameShape("accumulate", sum, term);
        addScaled(factor, term.data(), sum.data());
    }

    private static void addScaled(double factor, double[] from, double[] into) {
        for (int i = 0; i < into.length; i++) {
            into[i] += factor * from[i];
        }
    }

    @Override
    public TensorArena nested() {
        requireOpen();
        ReferenceArena child = new ReferenceArena(session, this);
        children.add(child);
        return child;
    }

    @Override
    public Tensor adopt(Tensor x) {
        ReferenceTensor tensor = operand(x);
        for (ReferenceArena arena = tensor.owner(); arena != this; arena = arena.parent) {
            if (arena.parent == null) {
                throw Misuse.broken("an arena can adopt from its nested arenas only, and " + tensor + " is not of one");
            }
        }
        tensor.owner().forget(tensor);
        tensor.moveTo(this);
        tensors.add(tensor);
        return tensor;
    }

    void forget(ReferenceTensor tensor) {
        tensors.remove(tensor);
    }

    @Override
    public void close() {
        closed = true;
        tensors.forEach(ReferenceTensor::free);
        tensors.clear();
        // Children take themselves out of the set.
        List.copyOf(children).forEach(ReferenceArena::close);
        if (parent != null) {
            parent.children.remove(this);
        }
    }

    private ReferenceTensor operand(Tensor tensor) {
        requireOpen();
        return ReferenceTensor.of(tensor, session);
    }

    private void requireOpen() {
        if (closed) {
            throw Misuse.closed("the arena");
        }
    }

    private static void requireSome(String operation, List<Tensor> parts) {
        if (parts.isEmpty()) {
            throw Misuse.wrongShape(operation + " needs at least one tensor");
        }
    }

    private static void requireSameShape(String operation, ReferenceTensor a, ReferenceTensor b) {
        if (!Arrays.equals(a.sizes(), b.sizes())) {
            throw Misuse.wrongShape(operation + " needs tensors of one shape, not " + a + " and " + b);
        }
    }
}
