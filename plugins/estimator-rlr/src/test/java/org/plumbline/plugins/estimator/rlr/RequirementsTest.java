package org.plumbline.plugins.estimator.rlr;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.PromptSchedule;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.PromptScale;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;

class RequirementsTest {
    private static final SamplerProgram NOISY = OneUpdate.TOY.program(10);

    @Test
    void a_score_needs_noise_where_it_is_taken() {
        SamplerProgram silentAtStepFour = silentAt(6);
        refused(silentAtStepFour, StandardError.INCOMPATIBLE, "step 4", "mode", "exact");
        accepted(silentAtStepFour, "mode", "exact", "start-from", 5);
        // The tile that would end there is longer, and single steps are drawn among the others.
        accepted(silentAtStepFour, "mode", "tiled-ho");
        accepted(silentAtStepFour, "mode", "released");
        refused(silentAtStepFour, StandardError.INCOMPATIBLE, "step 4", "mode", "released", "weighted", true);
        accepted(silentAtStepFour, "mode", "dev");
        refused(silentAt(8), StandardError.INCOMPATIBLE, "step 2", "mode", "tiled-ho");
        accepted(silentAt(8), "mode", "tiled-ho", "w-ho", 0);
    }

    @Test
    void the_sub_chain_has_to_fit() {
        refused(NOISY, StandardError.BAD_VALUE, "1 to 9", "mode", "exact", "h", 10);
        refused(NOISY, StandardError.BAD_VALUE, "2 to 9", "mode", "exact", "start-from", 1);
        refused(NOISY, StandardError.BAD_VALUE, "2 to 9", "mode", "exact", "start-to", 10);
        refused(NOISY, StandardError.BAD_VALUE, "2 to 9", "mode", "fo-ho", "start-from", 6, "start-to", 5);
        refused(NOISY, StandardError.BAD_VALUE, "1 to 8", "mode", "paper-literal", "start-to", 9);
        accepted(NOISY, "mode", "paper-literal", "start-from", 1, "start-to", 8);
        refused(NOISY, StandardError.BAD_VALUE, "2, 4, 6, 8, 10", "start-from", 5, "start-to", 5);
        refused(NOISY, StandardError.BAD_VALUE, "1 to 10", "mode", "released", "start-to", 11);
    }

    @Test
    void a_scale_has_to_be_one_of_the_studys() {
        refused(
                NOISY,
                StandardError.BAD_VALUE,
                "one prompt for the whole chain",
                "start-scale",
                "mid",
                "mode",
                "exact");
        PromptSchedule schedule = PromptSchedule.of(
                List.of(
                        new PromptSchedule.Range(new PromptScale("coarse", 4, 10), prompt -> prompt),
                        new PromptSchedule.Range(new PromptScale("fine", 1, 3), prompt -> prompt)),
                NOISY);
        try (OneUpdate toy = new OneUpdate(NOISY, 8, schedule)) {
            refused(toy, StandardError.BAD_VALUE, "fine (steps 1 to 3", "start-scale", "mid", "mode", "exact");
            refused(toy, StandardError.BAD_VALUE, "no sub-chain fits", "start-scale", "fine", "h", 3, "mode", "exact");
            accepted(toy, "start-scale", "fine", "h", 2, "mode", "exact");
        }
    }

    @Test
    void scores_of_a_sampler_with_memory_are_for_tiles_only() {
        SamplerProgram remembers = OneUpdate.TOY.programWithMemory(10);
        for (String mode : List.of("exact", "paper-literal", "random-tile", "fo-ho")) {
            refused(remembers, StandardError.INCOMPATIBLE, "remembers", "mode", mode);
        }
        refused(remembers, StandardError.INCOMPATIBLE, "remembers", "mode", "released", "weighted", true);
        refused(remembers, StandardError.INCOMPATIBLE, "remembers", "mode", "tiled-ho", "start-from", 4);
        for (String mode : List.of("tiled-ho", "released", "dev", "fo", "fo-zo")) {
            accepted(remembers, "mode", mode);
        }
    }

    @Test
    void baselines_need_company() {
        try (OneUpdate alone = new OneUpdate(NOISY, 1)) {
            refused(alone, StandardError.BAD_VALUE, "leave-one-out", "mode", "exact");
            refused(alone, StandardError.BAD_VALUE, "batch-mean", "baseline", "batch-mean");
            refused(alone, StandardError.BAD_VALUE, "one-sided", "mode", "fo-zo", "difference", "one-sided");
            accepted(alone, "mode", "exact", "baseline", "none");
            accepted(alone, "mode", "fo-zo");
        }
        PlumblineException refusal = assertThrows(
                PlumblineException.class,
                () -> Baseline.PER_PROMPT.advantages(List.of("cat", "dog", "cat"), new double[] {1, 2, 3}));
        assertEquals(StandardError.BAD_VALUE, refusal.code());
        assertTrue(refusal.getMessage().contains("'dog' comes once"), refusal.getMessage());
    }

    @Test
    void a_clip_range_has_to_fit_the_log_probability_where_it_can_clip() {
        refused(
                NOISY,
                StandardError.BAD_VALUE,
                "nats",
                "mode",
                "released",
                "separate-updates",
                true,
                "clip",
                1e-4,
                "log-probability",
                "mean");
        accepted(NOISY, "mode", "released", "separate-updates", true, "clip", 0.2, "log-probability", "sum");
        accepted(NOISY, "mode", "released");
    }

    @Test
    void a_budget_has_to_pay_for_one_step() {
        Object[] costs = {"mode", "exact", "h-policy", "budget", "ho-deviation", 1, "zo-deviation", 1};
        refused(
                NOISY,
                StandardError.BAD_VALUE,
                "at least 13.0 MiB",
                with(costs, "budget", 12, "ho-cost", 5, "zo-cost", 1));
        refused(NOISY, StandardError.BAD_VALUE, "fixed", with(costs, "budget", 12, "ho-cost", 1, "zo-cost", 1));
        accepted(NOISY, with(costs, "budget", 13, "ho-cost", 5, "zo-cost", 1));
    }

    @Test
    void settings_that_contradict_each_other_are_not_read() {
        unreadable("start-from", "mode", "exact", "start-scale", "mid", "start-from", 3);
        unreadable("gradient-norms", "mode", "tiled-ho", "start", "gradient-norms");
        unreadable("h-policy", "mode", "tiled-ho", "h-policy", "budget", "budget", 3);
        unreadable("needs a budget", "mode", "exact", "h-policy", "budget");
        unreadable("weighted", "mode", "exact", "weighted", true);
        unreadable("separate-updates", "mode", "exact", "separate-updates", true);
        unreadable("weight 0", "mode", "fo", "w-fo", 0);
        unreadable("weight 0", "mode", "exact", "w-fo", 0, "w-ho", 0, "w-zo", 0);
    }

    private static void unreadable(String part, Object... settings) {
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> Rlr.configuration(settings));
        assertEquals(StandardError.BAD_VALUE, refusal.code());
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
    }

    private static void accepted(SamplerProgram program, Object... settings) {
        try (OneUpdate toy = new OneUpdate(program, 4)) {
            accepted(toy, settings);
        }
    }

    /** Accepted, and able to do it. */
    private static void accepted(OneUpdate toy, Object... settings) {
        RecursiveLikelihoodRatio estimator = Rlr.of(settings);
        assertDoesNotThrow(() -> estimator.check(toy.profile()));
        for (int update = 0; update < 8; update++) {
            toy.estimate(estimator, update);
        }
    }

    private static void refused(SamplerProgram program, StandardError code, String part, Object... settings) {
        try (OneUpdate toy = new OneUpdate(program, 4)) {
            refused(toy, code, part, settings);
        }
    }

    private static void refused(OneUpdate toy, StandardError code, String part, Object... settings) {
        PlumblineException refusal =
                assertThrows(PlumblineException.class, () -> Rlr.of(settings).check(toy.profile()));
        assertEquals(code, refusal.code(), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
    }

    private static Object[] with(Object[] settings, Object... more) {
        List<Object> all = new ArrayList<>(List.of(settings));
        all.addAll(List.of(more));
        return all.toArray();
    }

    private static SamplerProgram silentAt(int k) {
        List<SamplerCall> calls = new ArrayList<>(NOISY.calls());
        SamplerCall call = calls.get(k);
        calls.set(
                k,
                new SamplerCall(
                        call.at(),
                        call.inputScale(),
                        call.inputWeights(),
                        call.transition(),
                        call.ofOutput(),
                        call.ofRaw(),
                        0));
        return new SamplerProgram(
                NOISY.name(),
                NOISY.wanted(),
                NOISY.transform(),
                NOISY.registers(),
                NOISY.initScale(),
                calls,
                NOISY.output());
    }
}
