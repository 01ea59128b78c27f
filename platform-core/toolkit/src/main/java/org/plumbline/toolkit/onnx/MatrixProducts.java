package org.plumbline.toolkit.onnx;

import java.util.List;
import org.plumbline.spi.graph.Ops;
import org.plumbline.toolkit.onnx.Operand.Numbers;

/** MatMul and Gemm. */
final class MatrixProducts<T> {
    private final Ops<T> ops;
    private final Tensors<T> tensors;
    private final Folding<T> folding = new Folding<>();
    private final Elementwise<T> elementwise;

    MatrixProducts(Tensors<T> tensors, Elementwise<T> elementwise) {
        this.ops = tensors.ops();
        this.tensors = tensors;
        this.elementwise = elementwise;
    }

    void register(Interpreter.Registry<T> registry) {
        registry.one("MatMul", call -> product(call.in(0), call.in(1)));
        registry.one("Gemm", this::gemm);
    }

    private Operand<T> product(Operand<T> a, Operand<T> b) {
        if (a.layout().rank() == 1) {
            Operand<T> row =
                    tensors.reshaped(a, List.of(Dimension.ONE, a.layout().axis(0)));
            return without(product(row, b), 2);
        }
        if (b.layout().rank() == 1) {
            Operand<T> column = tensors.reshaped(b, List.of(b.layout().axis(0), Dimension.ONE));
            return without(product(a, column), 1);
        }
        Layout left = a.layout();
        Layout right = b.layout();
        long inner = left.number(left.rank() - 1);
        if (inner != right.number(right.rank() - 2)) {
            throw new Refusal("it cannot multiply " + left + " and " + right);
        }
        Layout columns = right.part(right.rank() - 1, right.rank());
        if (right.rank() == 2 && !right.batched()) {
            // Whatever the rows are, joined with the batch or not, each is multiplied by the same matrix.
            Layout rows = left.part(0, left.rank() - 1);
            return tensors.result(a.type(), rows.followedBy(columns), ops.matmul(tensors.full(a), tensors.full(b)));
        }
        Layout outer = left.part(0, left.rank() - 2).broadcast(right.part(0, right.rank() - 2));
        T leftTensor = tensors.fitted(tensors.computed(a), outer.followedBy(left.part(left.rank() - 2, left.rank())));
        T rightTensor =
                tensors.fitted(tensors.computed(b), outer.followedBy(right.part(right.rank() - 2, right.rank())));
        Layout result =
                outer.followedBy(left.part(left.rank() - 2, left.rank() - 1)).followedBy(columns);
        return tensors.result(a.type(), result, ops.matmul(leftTensor, rightTensor));
    }

    /** Without the axis of size 1 that is this far from the end. */
    private Operand<T> without(Operand<T> x, int fromEnd) {
        return tensors.reshaped(
                x, x.layout().without(x.layout().rank() - fromEnd).axes());
    }

    /** {@code alpha a b + beta c}, a and b transposed or not. */
    private Operand<T> gemm(Call<T> call) {
        OnnxNode node = call.node();
        Operand<T> a = call.in(0);
        Operand<T> b = call.in(1);
        double alpha = node.real("alpha", 1);
        double beta = node.real("beta", 1);
        if (node.integer("transA", 0) != 0) {
            a = Rearrangement.permuted(tensors, folding, a, 1, 0);
        }
        boolean transposed = node.integer("transB", 0) != 0;
        if (transposed && alpha == 1 && beta == 1 && linear(call, a, b)) {
            T bias = call.has(2) ? tensors.full(call.in(2)) : null;
            Layout layout = a.layout().with(1, b.layout().axis(0));
            return tensors.result(a.type(), layout, ops.linear(tensors.full(a), tensors.full(b), bias));
        }
        if (transposed) {
            b = Rearrangement.permuted(tensors, folding, b, 1, 0);
        }
        Operand<T> result = scaled(product(a, b), alpha);
        return call.has(2) ? elementwise.arithmetic("Add", result, scaled(call.in(2), beta)) : result;
    }

    private boolean linear(Call<T> call, Operand<T> a, Operand<T> b) {
        boolean bias = !call.has(2)
                || (call.in(2) instanceof Numbers<T>
                        && call.in(2).layout().rank() == 1
                        && call.in(2).layout().axis(0).equals(b.layout().axis(0)));
        return bias
                && b instanceof Numbers<T>
                && !a.layout().axis(1).batch()
                && a.layout().axis(1).equals(b.layout().axis(1));
    }

    private Operand<T> scaled(Operand<T> x, double factor) {
        return factor == 1 ? x : elementwise.arithmetic("Mul", x, Numbers.of(x.type(), Layout.of(), factor));
    }
}
