package org.plumbline.testkit.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.StandardError;

/** What a {@link TensorArena} must keep. */
public abstract class ArenaContract extends ContractFixture {
    ArenaContract() {}

    @Test
    public void a_tensor_gives_back_its_numbers_and_shape() {
        try (TensorArena arena = session().arena()) {
            double[] numbers = random(24, 1);
            Tensor tensor = arena.tensor(numbers, 2, 3, 4);
            assertArrayEquals(new long[] {2, 3, 4}, tensor.shape());
            assertEquals(2, tensor.rows());
            assertArrayEquals(numbers, tensor.toDoubles());
            assertArrayEquals(new double[6], arena.zeros(3, 2).toDoubles());
        }
    }

    @Test
    public void a_tensor_is_independent_of_the_arrays_around_it() {
        try (TensorArena arena = session().arena()) {
            double[] numbers = {1, 2, 3};
            Tensor tensor = arena.tensor(numbers, 3);
            numbers[0] = 100;
            tensor.toDoubles()[1] = 100;
            tensor.shape()[0] = 100;
            assertArrayEquals(new double[] {1, 2, 3}, tensor.toDoubles());
            assertArrayEquals(new long[] {3}, tensor.shape());
        }
    }

    @Test
    public void combine_is_the_weighted_sum() {
        try (TensorArena arena = session().arena()) {
            Tensor a = randomTensor(arena, 1, 3, 5);
            Tensor b = randomTensor(arena, 2, 3, 5);
            Tensor c = randomTensor(arena, 3, 3, 5);
            double[] expected = new double[15];
            for (int i = 0; i < 15; i++) {
                expected[i] = 0.5 * a.toDoubles()[i] - 2 * b.toDoubles()[i] + 1.25 * c.toDoubles()[i];
            }
            Tensor sum = arena.combine(new double[] {0.5, -2, 1.25}, List.of(a, b, c));
            assertArrayEquals(new long[] {3, 5}, sum.shape());
            assertClose(expected, sum.toDoubles(), tolerance(), "combine");
            assertArrayEquals(
                    a.toDoubles(),
                    arena.combine(new double[] {1}, List.of(a)).toDoubles(),
                    "one part with coefficient 1");
            assertClose(
                    new double[15],
                    arena.combine(new double[] {1, -1}, List.of(a, a)).toDoubles(),
                    0,
                    "a tensor minus itself");
        }
    }

    @Test
    public void scaleRows_multiplies_each_row_by_its_factor() {
        try (TensorArena arena = session().arena()) {
            Tensor x = randomTensor(arena, 1, 3, 2, 2);
            double[] expected = x.toDoubles();
            double[] factors = {2, 0, -0.5};
            for (int i = 0; i < 12; i++) {
                expected[i] *= factors[i / 4];
            }
            Tensor scaled = arena.scaleRows(factors, x);
            assertArrayEquals(new long[] {3, 2, 2}, scaled.shape());
            assertClose(expected, scaled.toDoubles(), 0, "scaleRows");
        }
    }

    @Test
    public void dotRows_multiplies_rows_in_float64() {
        try (TensorArena arena = session().arena()) {
            Tensor a = randomTensor(arena, 1, 3, 2, 2);
            Tensor b = randomTensor(arena, 2, 3, 2, 2);
            double[] expected = new double[3];
            for (int i = 0; i < 12; i++) {
                expected[i / 4] += a.toDoubles()[i] * b.toDoubles()[i];
            }
            assertClose(expected, arena.dotRows(a, b), 1e-14, "dotRows");
            // 2^30 + 1 - 2^30 is 0 when summed in float32.
            double large = 32768;
            Tensor left = arena.tensor(new double[] {large, 1, -large}, 1, 3);
            Tensor right = arena.tensor(new double[] {large, 1, large}, 1, 3);
            assertClose(new double[] {1}, arena.dotRows(left, right), 0, "dotRows of cancelling terms");
        }
    }

    @Test
    public void rows_and_concatRows_cut_and_join() {
        try (TensorArena arena = session().arena()) {
            Tensor x = randomTensor(arena, 1, 4, 2, 3);
            Tensor middle = arena.rows(x, 1, 3);
            assertArrayEquals(new long[] {2, 2, 3}, middle.shape());
            double[] all = x.toDoubles();
            assertArrayEquals(Arrays.copyOfRange(all, 6, 18), middle.toDoubles());
            Tensor joined = arena.concatRows(List.of(arena.rows(x, 0, 1), middle, arena.rows(x, 3, 4)));
            assertArrayEquals(new long[] {4, 2, 3}, joined.shape());
            assertArrayEquals(all, joined.toDoubles());
        }
    }

    @Test
    public void accumulate_changes_its_target_and_nothing_else() {
        try (TensorArena arena = session().arena()) {
            Tensor target = arena.zeros(4, 3);
            Tensor x = randomTensor(arena, 1, 4, 3);
            Tensor whole = arena.rows(target, 0, 4);
            Tensor part = arena.rows(target, 1, 2);
            Tensor same = arena.combine(new double[] {1}, List.of(target));
            Tensor joined = arena.concatRows(List.of(target));
            arena.accumulate(target, 2, x);
            arena.accumulate(target, -0.5, x);
            double[] expected = x.toDoubles();
            for (int i = 0; i < expected.length; i++) {
                expected[i] *= 1.5;
            }
            assertClose(expected, target.toDoubles(), tolerance(), "accumulate");
            for (Tensor derived : List.of(whole, part, same, joined)) {
                assertClose(new double[derived.toDoubles().length], derived.toDoubles(), 0, "made before accumulate");
            }
        }
    }

    @Test
    public void accumulate_may_add_a_tensor_to_itself() {
        try (TensorArena arena = session().arena()) {
            Tensor target = arena.tensor(new double[] {1, -2}, 2);
            arena.accumulate(target, 3, target);
            assertClose(new double[] {4, -8}, target.toDoubles(), 0, "x + 3 x");
        }
    }

    @Test
    public void accumulate_refuses_a_target_of_another_arena() {
        try (TensorArena arena = session().arena();
                TensorArena other = session().arena()) {
            Tensor target = other.zeros(2);
            assertRefused(StandardError.PLUGIN_CONTRACT, () -> arena.accumulate(target, 1, arena.zeros(2)));
        }
    }

    @Test
    public void operands_may_come_from_other_arenas_of_the_session() {
        TensorArena other = session().arena();
        try (TensorArena arena = session().arena()) {
            Tensor x = other.tensor(new double[] {1, 2}, 2);
            Tensor twice = arena.combine(new double[] {2}, List.of(x));
            other.close();
            assertArrayEquals(new double[] {2, 4}, twice.toDoubles());
        }
    }

    @Test
    public void a_nested_arena_dies_alone_and_its_parent_takes_it_along() {
        TensorArena arena = session().arena();
        Tensor kept = arena.tensor(new double[] {1}, 1);
        TensorArena nested = arena.nested();
        Tensor dropped = nested.combine(new double[] {2}, List.of(kept));
        Tensor adopted = arena.adopt(nested.combine(new double[] {3}, List.of(kept)));
        nested.close();
        assertArrayEquals(new double[] {1}, kept.toDoubles());
        assertArrayEquals(new double[] {3}, adopted.toDoubles());
        assertRefused(StandardError.PLUGIN_CONTRACT, dropped::toDoubles, "closed");

        TensorArena left = arena.nested();
        Tensor inside = left.zeros(1);
        arena.close();
        assertRefused(StandardError.PLUGIN_CONTRACT, inside::toDoubles, "closed");
        assertRefused(StandardError.PLUGIN_CONTRACT, adopted::toDoubles, "closed");
        assertRefused(StandardError.PLUGIN_CONTRACT, () -> left.zeros(1), "closed");
        assertRefused(StandardError.PLUGIN_CONTRACT, arena::nested, "closed");
    }

    @Test
    public void an_adopted_tensor_may_be_accumulated_to() {
        try (TensorArena arena = session().arena()) {
            Tensor target;
            try (TensorArena nested = arena.nested()) {
                target = arena.adopt(nested.tensor(new double[] {1, 2}, 2));
            }
            arena.accumulate(target, 1, arena.tensor(new double[] {10, 20}, 2));
            assertArrayEquals(new double[] {11, 22}, target.toDoubles());
        }
    }

    @Test
    public void shapes_that_do_not_fit_are_refused() {
        try (TensorArena arena = session().arena()) {
            Tensor x = arena.zeros(2, 3);
            Tensor y = arena.zeros(3, 2);
            StandardError wrong = StandardError.WRONG_SHAPE;
            assertRefused(wrong, () -> arena.tensor(new double[5], 2, 3), "[2, 3]", "5");
            assertRefused(wrong, () -> arena.combine(new double[] {1, 1}, List.of(x, y)), "[2, 3]", "[3, 2]");
            assertRefused(wrong, () -> arena.combine(new double[] {1}, List.of(x, x)));
            assertRefused(wrong, () -> arena.combine(new double[0], List.of()));
            assertRefused(wrong, () -> arena.scaleRows(new double[] {1, 1, 1}, x), "[2, 3]", "3");
            assertRefused(wrong, () -> arena.dotRows(x, y), "[2, 3]", "[3, 2]");
            assertRefused(wrong, () -> arena.accumulate(x, 1, y), "[2, 3]", "[3, 2]");
            assertRefused(wrong, () -> arena.rows(x, 1, 3), "[2, 3]");
            assertRefused(wrong, () -> arena.rows(x, -1, 1), "[2, 3]");
            assertRefused(wrong, () -> arena.concatRows(List.of(x, y)), "[2, 3]", "[3, 2]");
            assertRefused(wrong, () -> arena.concatRows(List.of()));
        }
    }

    @Test
    public void closed_tensors_are_refused() {
        try (TensorArena arena = session().arena()) {
            Tensor x = arena.zeros(2);
            Tensor open = arena.zeros(2);
            x.close();
            x.close();
            StandardError broken = StandardError.PLUGIN_CONTRACT;
            assertRefused(broken, x::toDoubles, "closed");
            assertRefused(broken, () -> arena.combine(new double[] {1, 1}, List.of(open, x)), "closed");
            assertRefused(broken, () -> arena.scaleRows(new double[] {1, 1}, x), "closed");
            assertRefused(broken, () -> arena.dotRows(open, x), "closed");
            assertRefused(broken, () -> arena.rows(x, 0, 1), "closed");
            assertRefused(broken, () -> arena.concatRows(List.of(x)), "closed");
            assertRefused(broken, () -> arena.accumulate(open, 1, x), "closed");
            assertRefused(broken, () -> arena.accumulate(x, 1, open), "closed");
            assertRefused(broken, () -> arena.adopt(x), "closed");
        }
    }

    @Test
    public void tensors_of_another_session_are_refused() {
        try (BackendSession other = tested().open();
                TensorArena arena = session().arena();
                TensorArena foreign = other.arena()) {
            Tensor x = foreign.zeros(2);
            Tensor open = arena.zeros(2);
            StandardError broken = StandardError.PLUGIN_CONTRACT;
            assertRefused(broken, () -> arena.combine(new double[] {1, 1}, List.of(open, x)), "session");
            assertRefused(broken, () -> arena.dotRows(open, x), "session");
            assertRefused(broken, () -> arena.accumulate(open, 1, x), "session");
            assertRefused(broken, () -> arena.adopt(x), "session");
        }
    }

    @Test
    public void nothing_outlives_its_session_and_closing_twice_is_harmless() {
        BackendSession other = tested().open();
        TensorArena arena = other.arena();
        TensorArena nested = arena.nested();
        Tensor x = arena.zeros(2);
        nested.close();
        nested.close();
        other.close();
        other.close();
        arena.close();
        x.close();
        assertRefused(StandardError.PLUGIN_CONTRACT, x::toDoubles, "closed");
        assertRefused(StandardError.PLUGIN_CONTRACT, () -> arena.zeros(1), "closed");
        assertRefused(StandardError.PLUGIN_CONTRACT, other::arena, "closed");
    }
}
