package org.plumbline.plugins.estimator.policy.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.WindowOrder;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.TanhChain;

class MovingWindowTest {
    @Test
    void the_window_moves_with_overlap_and_stays_at_the_end() {
        assertArrayEquals(new int[] {0, 0, 2, 2, 3, 3, 3, 3}, starts(new Method.Window(3, 2, 2, WindowOrder.ONCE)));
    }

    @Test
    void or_it_starts_again() {
        assertArrayEquals(new int[] {0, 0, 2, 2, 3, 3, 0, 0}, starts(new Method.Window(3, 2, 2, WindowOrder.AROUND)));
        assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5, 0, 1}, starts(new Method.Window(1, 1, 1, WindowOrder.AROUND)));
        assertArrayEquals(new int[8], starts(new Method.Window(6, 1, 1, WindowOrder.AROUND)));
    }

    @Test
    void or_its_positions_are_drawn_each_as_often() {
        MovingWindow window = new MovingWindow(new Method.Window(3, 1, 1, WindowOrder.RANDOM));
        int[] count = new int[4];
        for (int rollout = 0; rollout < 4000; rollout++) {
            count[window.start(6, rollout)]++;
        }
        for (int position : count) {
            // Five standard deviations of a binomial count.
            assertEquals(1000, position, 5 * Math.sqrt(4000 * 0.25 * 0.75));
        }
    }

    /** Positions among six noisy calls in the first eight rollouts. */
    private static int[] starts(Method.Window window) {
        return IntStream.range(0, 8)
                .map(rollout -> new MovingWindow(window).start(6, rollout))
                .toArray();
    }

    @Test
    void noise_is_inside_the_window_only() {
        SamplerProgram program = withSilentForm(new TanhChain(2).program(5));
        MovingWindow window = new MovingWindow(new Method.Window(2, 1, 1, WindowOrder.AROUND));
        for (int rollout = 0; rollout < 4; rollout++) {
            SamplerProgram windowed = window.program(program, rollout);
            BitSet expected = new BitSet();
            expected.set(rollout, rollout + 2);
            assertEquals(expected, noisy(windowed));
        }
    }

    /** The last call of some samplers never has noise. */
    @Test
    void the_window_slides_over_noisy_calls() {
        SamplerProgram whole = withSilentForm(new TanhChain(2).program(5));
        BitSet all = new BitSet();
        all.set(0, 4);
        SamplerProgram program = whole.withNoiseOnlyAt(all);
        MovingWindow window = new MovingWindow(new Method.Window(2, 1, 1, WindowOrder.ONCE));
        BitSet expected = new BitSet();
        expected.set(2, 4);
        assertEquals(expected, noisy(window.program(program, 100)));
    }

    @Test
    void without_a_window_the_program_is_the_sampler_s() {
        SamplerProgram program = new TanhChain(2).program(5);
        assertSame(program, new MovingWindow(Method.Window.NONE).program(program, 7));
    }

    @Test
    void what_cannot_be_is_refused() {
        MovingWindow window = new MovingWindow(new Method.Window(6, 1, 1, WindowOrder.ONCE));
        SamplerProgram fixed = new TanhChain(2).program(5);
        PlumblineException noForm = assertThrows(PlumblineException.class, () -> window.program(fixed, 0));
        assertEquals(StandardError.INCOMPATIBLE, noForm.code());
        assertTrue(noForm.getMessage().contains("deterministic form"), noForm.getMessage());
        PlumblineException tooLarge =
                assertThrows(PlumblineException.class, () -> window.program(withSilentForm(fixed), 0));
        assertEquals(StandardError.BAD_VALUE, tooLarge.code());
    }

    static SamplerProgram withSilentForm(SamplerProgram program) {
        List<SamplerCall> silent = new ArrayList<>();
        for (SamplerCall call : program.calls()) {
            silent.add(new SamplerCall(
                    call.at(),
                    call.inputScale(),
                    call.inputWeights(),
                    call.transition(),
                    call.ofOutput(),
                    call.ofRaw(),
                    0));
        }
        return program.withDeterministic(new SamplerProgram(
                program.name() + " without noise",
                program.wanted(),
                program.transform(),
                program.registers(),
                program.initScale(),
                silent,
                program.output()));
    }

    private static BitSet noisy(SamplerProgram program) {
        BitSet noisy = new BitSet();
        for (int k = 0; k < program.size(); k++) {
            noisy.set(k, program.stochastic(k));
        }
        return noisy;
    }
}
