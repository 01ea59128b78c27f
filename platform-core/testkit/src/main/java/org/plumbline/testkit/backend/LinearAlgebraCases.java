package org.plumbline.testkit.backend;

import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.plumbline.spi.graph.Ops;
import org.plumbline.testkit.backend.OperationCase.Operands;

/** Sums, softmax, matrix products, attention and embedding. */
final class LinearAlgebraCases {
    private LinearAlgebraCases() {}

    static List<OperationCase> all() {
        return List.of(
                OperationCase.of("sum over the last axis", LinearAlgebraCases::sumLast)
                        .input("x", 2, 3)
                        .expecting((in, i) -> sum(3, k -> in.at("x", i[0], i[1], k))),
                OperationCase.of("sum over a middle axis that stays", LinearAlgebraCases::sumMiddle)
                        .input("x", 2, 3)
                        .expecting((in, i) -> sum(2, k -> in.at("x", i[0], k, i[2]))),
                OperationCase.of("sum over two axes that do not touch", LinearAlgebraCases::sumTwo)
                        .input("x", 2, 3, 4)
                        .expecting((in, i) -> sum(2, k -> sum(4, l -> in.at("x", i[0], k, i[1], l)))),
                OperationCase.of("sum over all axes of a row", LinearAlgebraCases::sumRow)
                        .input("x", 2, 3)
                        .expecting((in, i) -> sum(2, k -> sum(3, l -> in.at("x", i[0], k, l)))),
                OperationCase.of("mean over two axes that stay", LinearAlgebraCases::mean)
                        .input("x", 2, 3, 4)
                        .expecting((in, i) -> sum(3, k -> sum(4, l -> in.at("x", i[0], i[1], k, l))) / 12),
                OperationCase.of("softmax", LinearAlgebraCases::softmax)
                        .input("x", 2, 4)
                        .expecting((in, i) -> softmaxOf(in, "x", 4, i)),
                OperationCase.of("softmax of large numbers", LinearAlgebraCases::softmax)
                        .input("x", Draw.between(998, 1002), 4)
                        .expecting((in, i) -> softmaxOf(in, "x", 4, i)),
                OperationCase.of("logSoftmax", LinearAlgebraCases::logSoftmax)
                        .input("x", 2, 4)
                        .expecting((in, i) -> logSoftmaxOf(in, "x", 4, i)),
                OperationCase.of("logSoftmax of far apart numbers", LinearAlgebraCases::logSoftmax)
                        .input("x", Draw.between(-1000, 1000), 4)
                        .expecting((in, i) -> logSoftmaxOf(in, "x", 4, i)),
                OperationCase.of("matmul of two inputs", LinearAlgebraCases::matmul)
                        .input("a", 2, 3)
                        .input("b", 3, 4)
                        .expecting((in, i) -> product(in, 3, i)),
                OperationCase.of("matmul of rows and a weight", LinearAlgebraCases::matmul)
                        .input("a", 3)
                        .weight("b", 3, 4)
                        .expecting((in, i) -> product(in, 3, i)),
                OperationCase.of("matmul of matrices and a weight", LinearAlgebraCases::matmul)
                        .input("a", 2, 3)
                        .weight("b", 3, 4)
                        .expecting((in, i) -> product(in, 3, i)),
                OperationCase.of("matmul of a weight and matrices", LinearAlgebraCases::matmul)
                        .weight("a", 2, 3)
                        .input("b", 3, 4)
                        .expecting((in, i) -> product(in, 3, i)),
                OperationCase.of("matmul with a broadcast axis on either side", LinearAlgebraCases::matmul)
                        .input("a", 1, 2, 2, 3)
                        .input("b", 2, 1, 3, 2)
                        .expecting((in, i) -> product(in, 3, i)),
                OperationCase.of("linear of rows", LinearAlgebraCases::linear)
                        .input("x", 3)
                        .weight("w", 5, 3)
                        .weight("b", 5)
                        .expecting((in, i) -> in.at("b", i) + rowTimesWeight(in, 3, i)),
                OperationCase.of("linear of sequences", LinearAlgebraCases::linear)
                        .input("x", 2, 4, 3)
                        .weight("w", 5, 3)
                        .weight("b", 5)
                        .expecting((in, i) -> in.at("b", i) + rowTimesWeight(in, 3, i)),
                OperationCase.of("linear without bias", LinearAlgebraCases::linearWithoutBias)
                        .input("x", 2, 3)
                        .weight("w", 4, 3)
                        .expecting((in, i) -> rowTimesWeight(in, 3, i)),
                OperationCase.of("the same weight in two places", LinearAlgebraCases::linearTwice)
                        .input("x", 3)
                        .weight("w", 3, 3)
                        .expecting((in, i) ->
                                sum(3, k -> in.at("w", i[1], k) * sum(3, l -> in.at("w", k, l) * in.at("x", i[0], l)))),
                OperationCase.of("attention", LinearAlgebraCases::attention)
                        .input("q", 2, 3, 4)
                        .input("k", 2, 5, 4)
                        .input("v", 2, 5, 4)
                        .expecting((in, i) -> attended(in, 5, i)),
                OperationCase.of("causal attention", LinearAlgebraCases::causalAttention)
                        .input("q", 2, 4, 3)
                        .input("k", 2, 4, 3)
                        .input("v", 2, 4, 3)
                        .expecting((in, i) -> attended(in, i[2] + 1, i)),
                OperationCase.of("embedding", LinearAlgebraCases::embedding)
                        .weight("table", 7, 3)
                        .input("tokens", Draw.indices(7), 6)
                        .expecting((in, i) -> in.at("table", (int) in.at("tokens", i[0], i[1]), i[2])));
    }

    // ---- formulas

    static double sum(int count, IntToDoubleFunction term) {
        return IntStream.range(0, count).mapToDouble(term).sum();
    }

    private static int[] last(int[] index, int value) {
        int[] changed = index.clone();
        changed[index.length - 1] = value;
        return changed;
    }

    private static double softmaxOf(Values in, String name, int size, int[] i) {
        return 1 / sum(size, k -> Math.exp(in.at(name, last(i, k)) - in.at(name, i)));
    }

    private static double logSoftmaxOf(Values in, String name, int size, int[] i) {
        double largest = IntStream.range(0, size)
                .mapToDouble(k -> in.at(name, last(i, k)))
                .max()
                .orElseThrow();
        return in.at(name, i) - largest - Math.log(sum(size, k -> Math.exp(in.at(name, last(i, k)) - largest)));
    }

    private static double product(Values in, int inner, int[] i) {
        int rows = i.length - 2;
        return sum(inner, k -> {
            int[] b = i.clone();
            b[rows] = k;
            return in.at("a", last(i, k)) * in.at("b", b);
        });
    }

    private static double rowTimesWeight(Values in, int inner, int[] i) {
        return sum(inner, k -> in.at("x", last(i, k)) * in.at("w", i[i.length - 1], k));
    }

    /** Attention that sees the first {@code visible} keys. */
    private static double attended(Values in, int visible, int[] i) {
        int d = in.size("q", 3);
        IntToDoubleFunction weight = key ->
                Math.exp(sum(d, k -> in.at("q", i[0], i[1], i[2], k) * in.at("k", i[0], i[1], key, k)) / Math.sqrt(d));
        return sum(visible, key -> weight.applyAsDouble(key) * in.at("v", i[0], i[1], key, i[3]))
                / sum(visible, weight);
    }

    // ---- graphs

    private static <T> T sumLast(Ops<T> ops, Operands<T> in) {
        return ops.sum(in.get("x"), false, -1);
    }

    private static <T> T sumMiddle(Ops<T> ops, Operands<T> in) {
        return ops.sum(in.get("x"), true, 1);
    }

    private static <T> T sumTwo(Ops<T> ops, Operands<T> in) {
        return ops.sum(in.get("x"), false, 3, 1);
    }

    private static <T> T sumRow(Ops<T> ops, Operands<T> in) {
        return ops.sum(in.get("x"), false, 1, 2);
    }

    private static <T> T mean(Ops<T> ops, Operands<T> in) {
        return ops.mean(in.get("x"), true, -2, -1);
    }

    private static <T> T softmax(Ops<T> ops, Operands<T> in) {
        return ops.softmax(in.get("x"));
    }

    private static <T> T logSoftmax(Ops<T> ops, Operands<T> in) {
        return ops.logSoftmax(in.get("x"));
    }

    private static <T> T matmul(Ops<T> ops, Operands<T> in) {
        return ops.matmul(in.get("a"), in.get("b"));
    }

    private static <T> T linear(Ops<T> ops, Operands<T> in) {
        return ops.linear(in.get("x"), in.get("w"), in.get("b"));
    }

    private static <T> T linearWithoutBias(Ops<T> ops, Operands<T> in) {
        return ops.linear(in.get("x"), in.get("w"), null);
    }

    private static <T> T linearTwice(Ops<T> ops, Operands<T> in) {
        return ops.linear(ops.linear(in.get("x"), in.get("w"), null), in.get("w"), null);
    }

    private static <T> T attention(Ops<T> ops, Operands<T> in) {
        return ops.attention(in.get("q"), in.get("k"), in.get("v"), false);
    }

    private static <T> T causalAttention(Ops<T> ops, Operands<T> in) {
        return ops.attention(in.get("q"), in.get("k"), in.get("v"), true);
    }

    private static <T> T embedding(Ops<T> ops, Operands<T> in) {
        return ops.embedding(in.get("table"), in.get("tokens"));
    }
}
