package org.plumbline.plugins.estimator.policy.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.study.Compatibility;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Baseline;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Reduction;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Spread;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.sampler.SamplerProgram;

class PresetTest {
    private static final SamplerProgram PROGRAM = MovingWindowTest.withSilentForm(OnTheToy.TOY.program(10));

    @Test
    void without_a_preset_it_is_the_unbiased_score_function() {
        assertTrue(Configured.by(Map.of()).traits().contains(EstimatorTrait.UNBIASED));
    }

    @Test
    void explicit_settings_go_before_the_preset() {
        Method method = Method.of(Configured.settings(
                Map.of("preset", "flow-grpo", "kl", 0, "log-probability", "sum", "group-deviation", "group")));
        assertEquals(new Method.Surrogate(Objective.CLIP, Reduction.SUM, 1e-4, 0, 1), method.surrogate());
        assertEquals(Baseline.GROUP, method.baseline());
        assertEquals(Spread.GROUP, method.spread());
        assertEquals(0.99, method.steps().fraction());
    }

    /** One of these makes it biased or says that it may be. */
    @ParameterizedTest
    @CsvSource({
        "objective, clip",
        "baseline, group",
        "baseline, per-prompt",
        "log-probability, mean",
        "kl, 0.1",
        "updates-per-rollout, 2",
        "window-size, 3",
        "timestep-order, first",
        "timestep-rescale, false",
        "untrained-end, true"
    })
    void unbiasedness_is_not_promised_with(String setting, String value) {
        PolicyGradient estimator = Configured.by(Map.of("timestep-fraction", 0.5, setting, value));
        assertFalse(estimator.traits().contains(EstimatorTrait.UNBIASED));
    }

    @ParameterizedTest
    @EnumSource(Preset.class)
    void every_method_estimates_on_a_sampler_with_ten_noisy_steps(Preset preset) {
        String name = preset.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        PolicyGradient estimator = Configured.by(Map.of("preset", name, "clip", 0.05));
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = OnTheToy.open(backend)) {
            ChainProfile profile = bench.profile(PROGRAM);
            Compatibility.check(name, estimator, profile);
            for (int update = 0; update < 2 * estimator.updatesPerRollout(); update++) {
                int number = update / estimator.updatesPerRollout();
                SamplerProgram program = estimator.program(profile, number);
                try (Rollout rollout = bench.rollout(program, OnTheToy.batch(number), OnTheToy.BEFORE);
                        SamplingChain chain = bench.chain(rollout, OnTheToy.BEFORE, 0, update)) {
                    GradientEstimate estimate = estimator.estimate(chain);
                    for (double component : estimate.gradient()) {
                        assertTrue(Double.isFinite(component) && component != 0);
                    }
                }
            }
            assertFalse(estimator.citations().isEmpty());
        }
    }

    /** Steps of the chain outside of the window are neither noisy nor trained. */
    @Test
    void only_the_window_costs_a_backward_pass() {
        PolicyGradient estimator =
                Configured.by(Map.of("preset", "mix-grpo", "clip", 0.1, "window-every", 1, "mismatch-calls", 0));
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = OnTheToy.open(backend)) {
            for (int rollout = 0; rollout < 8; rollout++) {
                SamplerProgram program = estimator.program(bench.profile(PROGRAM), rollout);
                BitSet noisy = new BitSet();
                for (int k = 0; k < program.size(); k++) {
                    noisy.set(k, program.stochastic(k));
                }
                BitSet expected = new BitSet();
                expected.set(Math.min(rollout, 6), Math.min(rollout, 6) + 4);
                assertEquals(expected, noisy);
                long before = bench.ledger().reading().nfeBackward();
                try (Rollout samples = bench.rollout(program, OnTheToy.batch(rollout), OnTheToy.BEFORE);
                        SamplingChain chain = bench.chain(samples, OnTheToy.BEFORE, 0, rollout)) {
                    estimator.estimate(chain);
                }
                assertEquals(4, bench.ledger().reading().nfeBackward() - before);
            }
        }
    }

    @Test
    void a_sampler_whose_last_step_is_silent_needs_the_user_s_consent() {
        BitSet butTheLast = new BitSet();
        butTheLast.set(0, 9);
        SamplerProgram program = PROGRAM.withNoiseOnlyAt(butTheLast);
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = OnTheToy.open(backend)) {
            assertRefused(StandardError.INCOMPATIBLE, Map.of(), bench.profile(program));
            Configured.by(Map.of("untrained-end", true)).check(bench.profile(program));
            Configured.by(Map.of("preset", "dance-grpo", "clip", 0.1)).check(bench.profile(program));
        }
    }

    @Test
    void what_cannot_be_is_refused_before_it_runs() {
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = OnTheToy.open(backend)) {
            // A mean of two numbers: 1e-4 are 0.0002 nats.
            assertRefused(StandardError.BAD_VALUE, Map.of("preset", "ddpo"), bench.profile(PROGRAM));
            assertRefused(StandardError.BAD_VALUE, Map.of("objective", "clip", "clip", 20), bench.profile(PROGRAM));
            SamplerProgram remembers = OnTheToy.TOY.programWithMemory(4);
            assertRefused(StandardError.INCOMPATIBLE, Map.of("kl", 0.1), bench.profile(remembers));
            assertRefused(StandardError.INCOMPATIBLE, Map.of("window-size", 2), bench.profile(remembers));
        }
    }

    private static void assertRefused(StandardError code, Map<String, Object> settings, ChainProfile profile) {
        PlumblineException refusal = assertThrows(
                PlumblineException.class, () -> Compatibility.check("it", Configured.by(settings), profile));
        assertEquals(code, refusal.code(), refusal.getMessage());
    }
}
