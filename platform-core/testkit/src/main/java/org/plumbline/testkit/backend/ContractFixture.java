package org.plumbline.testkit.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.function.Executable;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.TensorSpec;

/** A backend and one session for every test, and comparisons in the backend's precision. */
public abstract class ContractFixture {
    private @Nullable ComputeBackend backend;
    private @Nullable BackendSession session;

    ContractFixture() {}

    /** A backend to test, as a user would configure it. Called before every test; the contract closes it. */
    protected abstract ComputeBackend backend();

    @BeforeEach
    public void openSession() {
        backend = backend();
        session = backend.open();
    }

    @AfterEach
    public void closeSession() {
        if (session != null) {
            session.close();
        }
        if (backend != null) {
            backend.close();
        }
    }

    final ComputeBackend tested() {
        return Objects.requireNonNull(backend);
    }

    final BackendSession session() {
        return Objects.requireNonNull(session);
    }

    final boolean can(Capability capability) {
        return tested().capabilities().contains(capability);
    }

    /** Largest difference allowed for results, relative to the largest number compared, but not less than to 1. */
    final double tolerance() {
        return can(Capability.FLOAT64) ? 1e-12 : 1e-5;
    }

    /** The same for gradients, whose expectations are finite differences. */
    final double gradientTolerance() {
        return can(Capability.FLOAT64) ? 1e-9 : 5e-5;
    }

    static double[] random(int size, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] numbers = new double[size];
        for (int i = 0; i < size; i++) {
            numbers[i] = (float) (2 * random.nextDouble() - 1);
        }
        return numbers;
    }

    static Tensor randomTensor(TensorArena arena, long seed, long... shape) {
        int size = 1;
        for (long length : shape) {
            size *= (int) length;
        }
        return arena.tensor(random(size, seed), shape);
    }

    /** Compares numbers; reports the worst place. */
    static void assertClose(double[] expected, double[] found, double tolerance, String what) {
        assertEquals(expected.length, found.length, () -> what + ": number of elements");
        double scale = 1;
        for (double value : expected) {
            scale = Math.max(scale, Math.abs(value));
        }
        int worst = 0;
        for (int i = 0; i < found.length; i++) {
            if (!(Math.abs(found[i] - expected[i]) <= Math.abs(found[worst] - expected[worst]))) {
                worst = i;
            }
        }
        if (found.length > 0 && !(Math.abs(found[worst] - expected[worst]) <= tolerance * scale)) {
            throw new AssertionError(what + ": element " + worst + " of " + found.length + " is " + found[worst]
                    + " instead of " + expected[worst] + "; allowed difference " + tolerance * scale);
        }
    }

    /** Checks that something is refused with this code and a message that mentions the given words. */
    static void assertRefused(StandardError code, Executable action, String... words) {
        PlumblineException refusal = assertThrows(PlumblineException.class, action);
        String message = String.valueOf(refusal.getMessage());
        assertEquals(code, refusal.code(), message);
        List<String> missing = new ArrayList<>();
        for (String word : words) {
            if (!message.contains(word)) {
                missing.add(word);
            }
        }
        assertTrue(missing.isEmpty(), () -> "'" + message + "' does not mention " + missing);
    }

    static Map<String, Tensor> inputs(TensorArena arena, Network network, Values values) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (TensorSpec spec : network.definition().inputs()) {
            tensors.put(spec.name(), tensor(arena, spec, values));
        }
        return tensors;
    }

    static Tensor tensor(TensorArena arena, TensorSpec spec, Values values) {
        double[] numbers = values.numbers(spec.name());
        long[] shape = spec.shape();
        shape[0] = numbers.length / spec.rowSize();
        return arena.tensor(numbers, shape);
    }
}
