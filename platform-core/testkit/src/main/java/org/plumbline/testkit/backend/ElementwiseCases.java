package org.plumbline.testkit.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.statistics.distribution.ContinuousDistribution;
import org.apache.commons.statistics.distribution.NormalDistribution;
import org.plumbline.spi.graph.Ops;
import org.plumbline.testkit.backend.OperationCase.Body;
import org.plumbline.testkit.backend.OperationCase.Operands;

/** Operations that work element by element, and how two operands broadcast. */
final class ElementwiseCases {
    private static final ContinuousDistribution NORMAL = NormalDistribution.of(0, 1);
    /** Kept away from zero, for divisors. */
    private static final Draw DIVISOR = Draw.between(0.6, 2);

    private ElementwiseCases() {}

    static List<OperationCase> all() {
        List<OperationCase> cases = new ArrayList<>();
        binary(cases, "add", ElementwiseCases::add, (a, b) -> a + b);
        binary(cases, "sub", ElementwiseCases::sub, (a, b) -> a - b);
        binary(cases, "mul", ElementwiseCases::mul, (a, b) -> a * b);
        binary(cases, "div", ElementwiseCases::div, (a, b) -> a / b);
        cases.add(OperationCase.of("mul of a value with itself", ElementwiseCases::square)
                .input("x", 2, 3)
                .expecting((in, i) -> in.at("x", i) * in.at("x", i)));
        cases.add(OperationCase.of("add of a constant row and a scalar weight", ElementwiseCases::constant)
                .input("x", 2, 3)
                .weight("s", 1)
                .expecting((in, i) -> in.at("x", i) + (i[2] + 1) + in.at("s", i)));

        unary(cases, "scale", ElementwiseCases::scale, Draw.between(-2, 2), x -> -1.75 * x);
        unary(cases, "shift", ElementwiseCases::shift, Draw.between(-2, 2), x -> x + 0.625);
        unary(cases, "exp", ElementwiseCases::exp, Draw.between(-3, 2), Math::exp);
        unary(cases, "log", ElementwiseCases::log, Draw.between(0.5, 4), Math::log);
        unary(cases, "sqrt", ElementwiseCases::sqrt, Draw.between(0.5, 4), Math::sqrt);
        unary(cases, "sin", ElementwiseCases::sin, Draw.between(-4, 4), Math::sin);
        unary(cases, "cos", ElementwiseCases::cos, Draw.between(-4, 4), Math::cos);
        unary(cases, "relu", ElementwiseCases::relu, Draw.between(-2, 2, 0), x -> Math.max(0, x));
        unary(
                cases,
                "clamp",
                ElementwiseCases::clamp,
                Draw.between(-2, 2, -0.5, 1),
                x -> Math.min(1, Math.max(-0.5, x)));
        saturating(cases, "tanh", ElementwiseCases::tanh, Math::tanh);
        saturating(cases, "sigmoid", ElementwiseCases::sigmoid, ElementwiseCases::logistic);
        saturating(cases, "silu", ElementwiseCases::silu, x -> x * logistic(x));
        saturating(cases, "quickGelu", ElementwiseCases::quickGelu, x -> x * logistic(1.702 * x));
        saturating(cases, "gelu", ElementwiseCases::gelu, x -> x * NORMAL.cumulativeProbability(x));
        saturating(cases, "erf", ElementwiseCases::erf, x -> 2 * NORMAL.cumulativeProbability(Math.sqrt(2) * x) - 1);
        return cases;
    }

    private static void binary(List<OperationCase> cases, String name, Body body, DoubleBinaryOperator formula) {
        List<OperationCase.Builder> operands = List.of(
                OperationCase.of(name + " of equal shapes", body)
                        .input("a", 2, 3)
                        .input("b", DIVISOR, 2, 3),
                OperationCase.of(name + " of one number per row", body)
                        .input("a")
                        .input("b", DIVISOR),
                OperationCase.of(name + " of an image and one number per channel and row", body)
                        .input("a", 3, 2, 2)
                        .input("b", DIVISOR, 3, 1, 1),
                OperationCase.of(name + " of an image and a channel weight", body)
                        .input("a", 3, 2, 2)
                        .weight("b", DIVISOR, 1, 3, 1, 1),
                OperationCase.of(name + " of rows and a vector", body)
                        .input("a", 2, 3)
                        .weight("b", DIVISOR, 3),
                OperationCase.of(name + " of a vector and rows", body)
                        .weight("a", 3)
                        .input("b", DIVISOR, 2, 3),
                OperationCase.of(name + " of a column and a row", body)
                        .input("a", 4, 1)
                        .input("b", DIVISOR, 1, 3),
                OperationCase.of(name + " of an outer axis and rows", body)
                        .weight("a", 2, 1, 1)
                        .input("b", DIVISOR, 1, 3, 2),
                OperationCase.of(name + " of rows and one weight", body)
                        .input("a", 3)
                        .weight("b", DIVISOR, 1));
        for (OperationCase.Builder builder : operands) {
            cases.add(builder.expecting((in, i) -> formula.applyAsDouble(in.at("a", i), in.at("b", i))));
        }
    }

    private static void unary(
            List<OperationCase> cases, String name, Body body, Draw draw, DoubleUnaryOperator formula) {
        cases.add(OperationCase.of(name, body)
                .input("x", draw, 2, 9)
                .expecting((in, i) -> formula.applyAsDouble(in.at("x", i))));
    }

    /** Functions whose naive formulas overflow or cancel far from zero. */
    private static void saturating(List<OperationCase> cases, String name, Body body, DoubleUnaryOperator formula) {
        unary(cases, name, body, Draw.between(-3, 3), formula);
        unary(cases, name + " of large arguments", body, Draw.between(-1000, 1000), formula);
    }

    private static double logistic(double x) {
        return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
    }

    private static <T> T add(Ops<T> ops, Operands<T> in) {
        return ops.add(in.get("a"), in.get("b"));
    }

    private static <T> T sub(Ops<T> ops, Operands<T> in) {
        return ops.sub(in.get("a"), in.get("b"));
    }

    private static <T> T mul(Ops<T> ops, Operands<T> in) {
        return ops.mul(in.get("a"), in.get("b"));
    }

    private static <T> T div(Ops<T> ops, Operands<T> in) {
        return ops.div(in.get("a"), in.get("b"));
    }

    private static <T> T square(Ops<T> ops, Operands<T> in) {
        return ops.mul(in.get("x"), in.get("x"));
    }

    private static <T> T constant(Ops<T> ops, Operands<T> in) {
        return ops.add(ops.add(in.get("x"), ops.constant(new double[] {1, 2, 3}, 3)), in.get("s"));
    }

    private static <T> T scale(Ops<T> ops, Operands<T> in) {
        return ops.scale(in.get("x"), -1.75);
    }

    private static <T> T shift(Ops<T> ops, Operands<T> in) {
        return ops.shift(in.get("x"), 0.625);
    }

    private static <T> T exp(Ops<T> ops, Operands<T> in) {
        return ops.exp(in.get("x"));
    }

    private static <T> T log(Ops<T> ops, Operands<T> in) {
        return ops.log(in.get("x"));
    }

    private static <T> T sqrt(Ops<T> ops, Operands<T> in) {
        return ops.sqrt(in.get("x"));
    }

    private static <T> T sin(Ops<T> ops, Operands<T> in) {
        return ops.sin(in.get("x"));
    }

    private static <T> T cos(Ops<T> ops, Operands<T> in) {
        return ops.cos(in.get("x"));
    }

    private static <T> T tanh(Ops<T> ops, Operands<T> in) {
        return ops.tanh(in.get("x"));
    }

    private static <T> T sigmoid(Ops<T> ops, Operands<T> in) {
        return ops.sigmoid(in.get("x"));
    }

    private static <T> T relu(Ops<T> ops, Operands<T> in) {
        return ops.relu(in.get("x"));
    }

    private static <T> T erf(Ops<T> ops, Operands<T> in) {
        return ops.erf(in.get("x"));
    }

    private static <T> T gelu(Ops<T> ops, Operands<T> in) {
        return ops.gelu(in.get("x"));
    }

    private static <T> T clamp(Ops<T> ops, Operands<T> in) {
        return ops.clamp(in.get("x"), -0.5, 1);
    }

    private static <T> T silu(Ops<T> ops, Operands<T> in) {
        return ops.silu(in.get("x"));
    }

    private static <T> T quickGelu(Ops<T> ops, Operands<T> in) {
        return ops.quickGelu(in.get("x"));
    }
}
