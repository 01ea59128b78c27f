package org.plumbline.testkit.chain;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.WeightSource;

/**
 * Names of weights with a prefix, so that networks whose weights have the same names can share a graph.
 *
 * @param prefix goes before every name
 */
record Prefixed(String prefix) {
    /** The interpreter, asked for weights by their longer names. */
    @SuppressWarnings("unchecked")
    <T> Ops<T> ops(Ops<T> ops) {
        Object proxy = Proxy.newProxyInstance(
                Ops.class.getClassLoader(),
                new Class<?>[] {Ops.class},
                (self, method, given) -> method.getName().equals("weight")
                        ? ops.weight(prefix + given[0], (long[]) given[1])
                        : call(ops, method, given));
        return (Ops<T>) proxy;
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException failure) {
            throw failure.getTargetException();
        }
    }

    /** These weights by their longer names; what has no such name is asked of {@code otherwise}. */
    WeightSource source(WeightSource weights, WeightSource otherwise) {
        return new WeightSource() {
            private WeightSource of(String name) {
                return name.startsWith(prefix) ? weights : otherwise;
            }

            private String own(String name) {
                return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
            }

            @Override
            public boolean contains(String name) {
                return of(name).contains(own(name));
            }

            @Override
            public long[] shape(String name) {
                return of(name).shape(own(name));
            }

            @Override
            public float[] floats(String name) {
                return of(name).floats(own(name));
            }

            @Override
            public double[] doubles(String name) {
                return of(name).doubles(own(name));
            }
        };
    }
}
