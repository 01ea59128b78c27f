package org.plumbline.toolkit.onnx;

import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.graph.Ops;
import org.plumbline.toolkit.onnx.Operand.Address;
import org.plumbline.toolkit.onnx.Operand.Computed;
import org.plumbline.toolkit.onnx.Operand.Coordinate;
import org.plumbline.toolkit.onnx.Operand.Numbers;

/** Operators that work number by number. */
final class Elementwise<T> {
    private final Ops<T> ops;
    private final Tensors<T> tensors;
    private final Folding<T> folding;

    Elementwise(Tensors<T> tensors, Folding<T> folding) {
        this.ops = tensors.ops();
        this.tensors = tensors;
        this.folding = folding;
    }

    void register(Interpreter.Registry<T> registry) {
        for (String operator : new String[] {"Add", "Sub", "Mul", "Div"}) {
            registry.one(operator, call -> arithmetic(operator, call.in(0), call.in(1)));
        }
        for (String operator :
                new String[] {"Mod", "And", "Or", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"}) {
            registry.one(operator, call -> comparison(operator, call.in(0), call.in(1)));
        }
        registry.one("Pow", this::power);
        for (String operator : new String[] {"Max", "Min", "Sum"}) {
            registry.one(operator, call -> {
                Operand<T> result = call.in(0);
                for (int i = 1; i < call.node().inputs().size(); i++) {
                    result = operator.equals("Sum")
                            ? arithmetic("Add", result, call.in(i))
                            : extreme(operator, result, call.in(i));
                }
                return result;
            });
        }
        Map<String, UnaryOperator<T>> functions = Map.ofEntries(
                Map.entry("Exp", ops::exp),
                Map.entry("Log", ops::log),
                Map.entry("Sqrt", ops::sqrt),
                Map.entry("Sin", ops::sin),
                Map.entry("Cos", ops::cos),
                Map.entry("Tanh", ops::tanh),
                Map.entry("Sigmoid", ops::sigmoid),
                Map.entry("Relu", ops::relu),
                Map.entry("Erf", ops::erf),
                Map.entry("Abs", this::absolute),
                Map.entry("Neg", x -> ops.scale(x, -1)),
                Map.entry("Reciprocal", this::reciprocal),
                Map.entry("Not", x -> ops.shift(ops.scale(x, -1), 1)),
                Map.entry("Softplus", this::softplus),
                Map.entry("Softsign", x -> ops.div(x, ops.shift(absolute(x), 1))),
                Map.entry("Mish", x -> ops.mul(x, ops.tanh(softplus(x)))),
                Map.entry("HardSwish", x -> ops.mul(x, ops.clamp(ops.shift(ops.scale(x, 1.0 / 6), 0.5), 0, 1))));
        functions.forEach((name, function) -> registry.one(name, call -> unary(call.in(0), function, constant(name))));
        registry.one("LeakyRelu", call -> {
            double slope = call.node().real("alpha", 0.01);
            return unary(call.in(0), x -> ops.sub(ops.relu(x), ops.scale(ops.relu(ops.scale(x, -1)), slope)), null);
        });
        registry.one("Elu", call -> {
            double factor = call.node().real("alpha", 1);
            return unary(call.in(0), x -> elu(x, factor), null);
        });
        registry.one("Selu", call -> {
            double factor = call.node().real("alpha", 1.6732632423543772);
            double gamma = call.node().real("gamma", 1.0507009873554805);
            return unary(call.in(0), x -> ops.scale(elu(x, factor), gamma), null);
        });
        registry.one("HardSigmoid", call -> {
            double slope = call.node().real("alpha", 0.2);
            double offset = call.node().real("beta", 0.5);
            return unary(call.in(0), x -> ops.clamp(ops.shift(ops.scale(x, slope), offset), 0, 1), null);
        });
        registry.one("PRelu", call -> {
            Operand<T> negative =
                    arithmetic("Mul", unary(call.in(0), x -> ops.relu(ops.scale(x, -1)), null), call.in(1));
            return arithmetic("Sub", unary(call.in(0), ops::relu, null), negative);
        });
        registry.one(
                "Gelu",
                call -> unary(
                        call.in(0),
                        call.node().text("approximate", "none").equals("tanh") ? this::tanhGelu : ops::gelu,
                        null));
        registry.one("Clip", this::clip);
        // Values are finite: a run stops at the first that is not.
        registry.one("IsNaN", call -> Numbers.of(ElementType.BOOL, Layout.of(), 0));
        registry.one("IsInf", call -> Numbers.of(ElementType.BOOL, Layout.of(), 0));
    }

    /** A function of known numbers, or null if they are better computed with the rest. */
    private static @Nullable DoubleUnaryOperator constant(String operator) {
        return switch (operator) {
            case "Exp" -> Math::exp;
            case "Log" -> Math::log;
            case "Sqrt" -> Math::sqrt;
            case "Abs" -> Math::abs;
            case "Neg" -> x -> -x;
            case "Reciprocal" -> x -> 1 / x;
            case "Not" -> x -> 1 - x;
            default -> null;
        };
    }

    Operand<T> unary(Operand<T> x, UnaryOperator<T> function, @Nullable DoubleUnaryOperator known) {
        if (known != null && x instanceof Numbers<T> numbers && numbers.small()) {
            return folding.unary(numbers, known);
        }
        if (x instanceof Computed<T> computed) {
            return new Computed<>(x.type(), x.layout(), function.apply(computed.tensor()), computed.everyRow());
        }
        return tensors.result(x.type(), x.layout(), function.apply(tensors.full(x)));
    }

    /** Add, Sub, Mul or Div. */
    Operand<T> arithmetic(String operator, Operand<T> a, Operand<T> b) {
        if (a instanceof Address<T> || b instanceof Address<T>) {
            return address(operator, a, b);
        }
        if (a instanceof Numbers<T> left && b instanceof Numbers<T> right && left.small() && right.small()) {
            return folding.binary(operator, a.type(), left, right);
        }
        if (!a.type().real() && operator.equals("Div")) {
            throw new Refusal("it divides whole numbers that are not constant");
        }
        Layout layout = a.layout().broadcast(b.layout());
        if (a instanceof Computed<T> computed && b instanceof Numbers<T> number && single(number, layout, a.layout())) {
            T changed = withNumber(operator, computed.tensor(), number.single());
            return new Computed<>(a.type(), layout, changed, computed.everyRow());
        }
        T left = tensors.fitted(a, layout);
        T right = tensors.fitted(b, layout);
        T result = switch (operator) {
            case "Add" -> ops.add(left, right);
            case "Sub" -> ops.sub(left, right);
            case "Mul" -> ops.mul(left, right);
            default -> ops.div(left, right);
        };
        return new Computed<>(a.type(), layout, result, everyRow(a) || everyRow(b));
    }

    private static <T> boolean single(Numbers<T> number, Layout result, Layout own) {
        return number.layout().size() == 1 && result.equals(own) && Double.isFinite(number.single());
    }

    private T withNumber(String operator, T x, double number) {
        return switch (operator) {
            case "Add" -> ops.shift(x, number);
            case "Sub" -> ops.shift(x, -number);
            case "Mul" -> ops.scale(x, number);
            default -> ops.scale(x, 1 / number);
        };
    }

    private static <T> boolean everyRow(Operand<T> x) {
        return x instanceof Computed<T> computed && computed.layout().batched() && computed.everyRow();
    }

    /** {@code stride * row + position}, put together from its parts. */
    private Operand<T> address(String operator, Operand<T> a, Operand<T> b) {
        if (operator.equals("Mul") && b instanceof Address<T>) {
            return address(operator, b, a);
        }
        if (a instanceof Address<T> first && first.coordinates().size() == 1) {
            Coordinate<T> left = first.coordinates().get(0);
            Layout layout = a.layout().broadcast(b.layout());
            if (operator.equals("Mul") && b instanceof Numbers<T> factor && left.chosen() == null) {
                return new Address<>(
                        layout, List.of(new Coordinate<>(left.stride() * (long) factor.single(), null, 1)));
            }
            if (operator.equals("Add")
                    && b instanceof Address<T> second
                    && second.coordinates().size() == 1) {
                Coordinate<T> right = second.coordinates().get(0);
                if (left.chosen() == null || right.chosen() == null) {
                    T chosen = left.chosen() == null ? right.chosen() : left.chosen();
                    return new Address<>(
                            layout,
                            List.of(new Coordinate<>(
                                    left.stride() + right.stride(), chosen, Math.max(left.length(), right.length()))));
                }
            }
        }
        throw new Refusal("it computes with a position in a text");
    }

    /** Whole numbers only: what is true of real ones jumps, and has no gradient. */
    private Operand<T> comparison(String operator, Operand<T> a, Operand<T> b) {
        ElementType type = operator.equals("Mod") ? a.type() : ElementType.BOOL;
        if (a instanceof Numbers<T> left && b instanceof Numbers<T> right && left.small() && right.small()) {
            return folding.binary(operator, type, left, right);
        }
        if (a.type().real() || b.type().real() || operator.equals("Mod")) {
            throw new Refusal("it depends on the image in jumps");
        }
        Layout layout = a.layout().broadcast(b.layout());
        T left = tensors.fitted(a, layout);
        T right = tensors.fitted(b, layout);
        T result = switch (operator) {
            case "And" -> ops.mul(left, right);
            case "Or" -> ops.clamp(ops.add(left, right), 0, 1);
            case "Equal" -> ops.relu(ops.shift(ops.scale(absolute(ops.sub(left, right)), -1), 1));
            case "Less" -> ops.clamp(ops.sub(right, left), 0, 1);
            case "Greater" -> ops.clamp(ops.sub(left, right), 0, 1);
            case "LessOrEqual" -> ops.clamp(ops.shift(ops.sub(right, left), 1), 0, 1);
            default -> ops.clamp(ops.shift(ops.sub(left, right), 1), 0, 1);
        };
        return new Computed<>(ElementType.BOOL, layout, result, everyRow(a) || everyRow(b));
    }

    private Operand<T> power(Call<T> call) {
        Operand<T> base = call.in(0);
        Numbers<T> exponent = call.numbers(1);
        if (base instanceof Numbers<T> numbers && numbers.small()) {
            return folding.binary("Pow", base.type(), numbers, exponent);
        }
        double power = exponent.single();
        return unary(base, x -> power(x, power), null);
    }

    private T power(T x, double power) {
        if (power < 0) {
            return reciprocal(power(x, -power));
        }
        if (power == 0.5) {
            return ops.sqrt(x);
        }
        if (power == Math.rint(power) && power >= 1 && power <= 16) {
            T result = x;
            for (int i = 1; i < power; i++) {
                result = ops.mul(result, x);
            }
            return result;
        }
        return ops.exp(ops.scale(ops.log(x), power));
    }

    private Operand<T> extreme(String operator, Operand<T> a, Operand<T> b) {
        if (a instanceof Numbers<T> left && b instanceof Numbers<T> right && left.small() && right.small()) {
            return folding.binary(operator, a.type(), left, right);
        }
        if (a instanceof Numbers<T>) {
            return extreme(operator, b, a);
        }
        boolean larger = operator.equals("Max");
        if (b instanceof Numbers<T> bound && bound.layout().size() == 1) {
            double limit = bound.single();
            double infinite = Double.POSITIVE_INFINITY;
            return unary(a, x -> larger ? ops.clamp(x, limit, infinite) : ops.clamp(x, -infinite, limit), null);
        }
        // max(a, b) = b + relu(a - b), min(a, b) = b - relu(b - a)
        Operand<T> difference = larger ? arithmetic("Sub", a, b) : arithmetic("Sub", b, a);
        return arithmetic(larger ? "Add" : "Sub", b, unary(difference, ops::relu, null));
    }

    private Operand<T> clip(Call<T> call) {
        double low = call.has(1) ? call.numbers(1).single() : call.node().real("min", Double.NEGATIVE_INFINITY);
        double high = call.has(2) ? call.numbers(2).single() : call.node().real("max", Double.POSITIVE_INFINITY);
        DoubleUnaryOperator known = x -> Math.min(high, Math.max(low, x));
        return unary(call.in(0), x -> ops.clamp(x, low, high), known);
    }

    private T absolute(T x) {
        return ops.add(ops.relu(x), ops.relu(ops.scale(x, -1)));
    }

    private T reciprocal(T x) {
        return ops.div(ops.constant(new double[] {1}, 1), x);
    }

    /** log(1 + e^x) without overflow. */
    private T softplus(T x) {
        return ops.add(ops.relu(x), ops.log(ops.shift(ops.exp(ops.scale(absolute(x), -1)), 1)));
    }

    private T elu(T x, double factor) {
        T below = ops.shift(ops.exp(ops.scale(ops.relu(ops.scale(x, -1)), -1)), -1);
        return ops.add(ops.relu(x), ops.scale(below, factor));
    }

    private T tanhGelu(T x) {
        T inner = ops.add(x, ops.scale(ops.mul(ops.mul(x, x), x), 0.044715));
        return ops.scale(ops.mul(x, ops.shift(ops.tanh(ops.scale(inner, Math.sqrt(2 / Math.PI))), 1)), 0.5);
    }
}
