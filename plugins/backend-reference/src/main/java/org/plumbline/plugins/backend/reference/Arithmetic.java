package org.plumbline.plugins.backend.reference;

/** Sum, difference, product and quotient of two operands that broadcast. A broadcast operand's gradient is summed. */
final class Arithmetic {
    private final Tape tape;

    Arithmetic(Tape tape) {
        this.tape = tape;
    }

    Value add(Value a, Value b) {
        return sum(a, b, 1);
    }

    Value sub(Value a, Value b) {
        return sum(a, b, -1);
    }

    /** a + sign b. */
    private Value sum(Value a, Value b, double sign) {
        Broadcast walk = new Broadcast(a.shape, b.shape);
        double[] y = new double[Value.product(walk.shape)];
        walk.forEach((out, p, dp, q, dq, length) -> {
            if (dp == 1 && dq == 1) {
                for (int i = 0; i < length; i++) {
                    y[out + i] = a.data[p + i] + sign * b.data[q + i];
                }
            } else {
                for (int i = 0; i < length; i++) {
                    y[out + i] = a.data[p + i * dp] + sign * b.data[q + i * dq];
                }
            }
        });
        Tape.PullBack pullBack = g -> walk.forEach((out, p, dp, q, dq, length) -> {
            if (a.tracked) {
                accumulate(g, out, 1, a.gradient(), p, dp, length);
            }
            if (b.tracked) {
                accumulate(g, out, sign, b.gradient(), q, dq, length);
            }
        });
        return tape.result(walk.shape, y, pullBack, a, b);
    }

    Value mul(Value a, Value b) {
        Broadcast walk = new Broadcast(a.shape, b.shape);
        double[] y = new double[Value.product(walk.shape)];
        walk.forEach((out, p, dp, q, dq, length) -> {
            if (dp == 1 && dq == 1) {
                for (int i = 0; i < length; i++) {
                    y[out + i] = a.data[p + i] * b.data[q + i];
                }
            } else {
                for (int i = 0; i < length; i++) {
                    y[out + i] = a.data[p + i * dp] * b.data[q + i * dq];
                }
            }
        });
        Tape.PullBack pullBack = g -> walk.forEach((out, p, dp, q, dq, length) -> {
            if (a.tracked) {
                accumulateProduct(g, out, b.data, q, dq, a.gradient(), p, dp, length);
            }
            if (b.tracked) {
                accumulateProduct(g, out, a.data, p, dp, b.gradient(), q, dq, length);
            }
        });
        return tape.result(walk.shape, y, pullBack, a, b);
    }

    Value div(Value a, Value b) {
        Broadcast walk = new Broadcast(a.shape, b.shape);
        double[] y = new double[Value.product(walk.shape)];
        walk.forEach((out, p, dp, q, dq, length) -> {
            for (int i = 0; i < length; i++) {
                y[out + i] = a.data[p + i * dp] / b.data[q + i * dq];
            }
        });
        // d(a/b)/da = 1/b, d(a/b)/db = -(a/b)/b.
        Tape.PullBack pullBack = g -> walk.forEach((out, p, dp, q, dq, length) -> {
            for (int i = 0; i < length; i++) {
                double share = g[out + i] / b.data[q + i * dq];
                if (a.tracked) {
                    a.gradient()[p + i * dp] += share;
                }
                if (b.tracked) {
                    b.gradient()[q + i * dq] -= share * y[out + i];
                }
            }
        });
        return tape.result(walk.shape, y, pullBack, a, b);
    }

    private static void accumulate(double[] g, int from, double factor, double[] into, int to, int step, int length) {
        if (step == 1) {
            for (int i = 0; i < length; i++) {
                into[to + i] += factor * g[from + i];
            }
        } else {
            double sum = 0;
            for (int i = 0; i < length; i++) {
                sum += g[from + i];
            }
            into[to] += factor * sum;
        }
    }

    private static void accumulateProduct(
            double[] g,
            int from,
            double[] other,
            int at,
            int stepOfOther,
            double[] into,
            int to,
            int step,
            int length) {
        if (step == 1 && stepOfOther == 1) {
            for (int i = 0; i < length; i++) {
                into[to + i] += g[from + i] * other[at + i];
            }
        } else {
            for (int i = 0; i < length; i++) {
                into[to + i * step] += g[from + i] * other[at + i * stepOfOther];
            }
        }
    }
}
