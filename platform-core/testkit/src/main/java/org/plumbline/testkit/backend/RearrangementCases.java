package org.plumbline.testkit.backend;

import java.util.List;
import org.plumbline.spi.graph.Ops;
import org.plumbline.testkit.backend.OperationCase.Operands;

/** Operations that move numbers and do not change them. */
final class RearrangementCases {
    private RearrangementCases() {}

    static List<OperationCase> all() {
        return List.of(
                OperationCase.of("reshape", RearrangementCases::reshape)
                        .input("x", 2, 6)
                        .expecting((in, i) -> {
                            int place = i[1] * 4 + i[2];
                            return in.at("x", i[0], place / 6, place % 6);
                        }),
                OperationCase.of("reshape of a weight", RearrangementCases::reshapeWeight)
                        .input("x", 2, 3)
                        .weight("w", 6)
                        .expecting((in, i) -> in.at("x", i) * in.at("w", i[1] * 3 + i[2])),
                OperationCase.of("reshape that cuts rows into rows and joins them", RearrangementCases::cutAndJoin)
                        .input("x", 3, 2, 2)
                        .weight("w", 2)
                        .expecting((in, i) -> {
                            double even = in.at("x", i[0], i[1], i[2], 0);
                            double odd = in.at("x", i[0], i[1], i[2], 1);
                            return even * in.at("w", 0) + odd * in.at("w", 1);
                        }),
                OperationCase.of("norm of rows cut from rows", RearrangementCases::normOfParts)
                        .input("x", 3, 2, 2)
                        .weight("gamma", 2)
                        .weight("beta", 2)
                        .expecting((in, i) -> {
                            double mean = 0;
                            double square = 0;
                            for (int k = 0; k < 4; k++) {
                                double value = in.at("x", i[0], i[1], k / 2, k % 2);
                                mean += value / 4;
                                square += value * value / 4;
                            }
                            double normal = (in.at("x", i) - mean) / Math.sqrt(square - mean * mean + 1e-3);
                            return normal * in.at("gamma", i[2]) + in.at("beta", i[2]);
                        }),
                OperationCase.of("transpose of three axes", RearrangementCases::transpose)
                        .input("x", 2, 3)
                        .expecting((in, i) -> in.at("x", i[0], i[2], i[1])),
                OperationCase.of("transpose that turns axes round", RearrangementCases::rotate)
                        .input("x", 2, 3, 4)
                        .expecting((in, i) -> in.at("x", i[0], i[3], i[1], i[2])),
                OperationCase.of("transpose there and back around the batch", RearrangementCases::thereAndBack)
                        .input("x", 2, 3)
                        .weight("w", 2, 1, 1)
                        .expecting((in, i) -> in.at("x", i) * in.at("w", i[1], 0, 0)),
                OperationCase.of("concat along channels", RearrangementCases::concat)
                        .input("x", 2, 3)
                        .input("y", 1, 3)
                        .expecting((in, i) -> i[1] < 2
                                ? in.at("x", i)
                                : i[1] < 3 ? in.at("y", i[0], 0, i[2]) : in.at("x", i[0], i[1] - 3, i[2])),
                OperationCase.of("concat along the last axis", RearrangementCases::concatLast)
                        .input("x", 2, 3)
                        .input("y", 2, 2)
                        .expecting((in, i) -> i[2] < 3 ? in.at("x", i) : in.at("y", i[0], i[1], i[2] - 3)),
                OperationCase.of("slice", RearrangementCases::slice)
                        .input("x", 5, 2)
                        .expecting((in, i) -> in.at("x", i[0], i[1] + 1, i[2])),
                OperationCase.of("slice of the last axis", RearrangementCases::sliceLast)
                        .input("x", 2, 5)
                        .expecting((in, i) -> in.at("x", i[0], i[1], i[2] + 3)),
                OperationCase.of("overlapping slices", RearrangementCases::overlap)
                        .input("x", 4)
                        .expecting((in, i) -> in.at("x", i) + in.at("x", i[0], i[1] + 1)));
    }

    private static <T> T reshape(Ops<T> ops, Operands<T> in) {
        return ops.reshape(in.get("x"), -1, 3, 4);
    }

    private static <T> T reshapeWeight(Ops<T> ops, Operands<T> in) {
        return ops.mul(in.get("x"), ops.reshape(in.get("w"), 2, 3));
    }

    private static <T> T cutAndJoin(Ops<T> ops, Operands<T> in) {
        T parts = ops.reshape(in.get("x"), -1, 2, 2);
        T sums = ops.matmul(parts, ops.reshape(in.get("w"), 2, 1));
        return ops.reshape(sums, -1, 3, 2);
    }

    private static <T> T normOfParts(Ops<T> ops, Operands<T> in) {
        T parts = ops.reshape(in.get("x"), -1, 2, 2);
        T normal = ops.groupNorm(parts, 1, in.get("gamma"), in.get("beta"), 1e-3);
        return ops.reshape(normal, -1, 3, 2, 2);
    }

    private static <T> T transpose(Ops<T> ops, Operands<T> in) {
        return ops.transpose(in.get("x"), 0, 2, 1);
    }

    private static <T> T rotate(Ops<T> ops, Operands<T> in) {
        return ops.transpose(in.get("x"), 0, 2, 3, 1);
    }

    private static <T> T thereAndBack(Ops<T> ops, Operands<T> in) {
        T outermost = ops.transpose(in.get("x"), 1, 0, 2);
        return ops.transpose(ops.mul(outermost, in.get("w")), 1, 0, 2);
    }

    private static <T> T concat(Ops<T> ops, Operands<T> in) {
        return ops.concat(1, List.of(in.get("x"), in.get("y"), in.get("x")));
    }

    private static <T> T concatLast(Ops<T> ops, Operands<T> in) {
        return ops.concat(-1, List.of(in.get("x"), in.get("y")));
    }

    private static <T> T slice(Ops<T> ops, Operands<T> in) {
        return ops.slice(in.get("x"), 1, 1, 4);
    }

    private static <T> T sliceLast(Ops<T> ops, Operands<T> in) {
        return ops.slice(in.get("x"), -1, 3, 5);
    }

    private static <T> T overlap(Ops<T> ops, Operands<T> in) {
        return ops.add(ops.slice(in.get("x"), 1, 0, 3), ops.slice(in.get("x"), 1, 1, 4));
    }
}
