package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.EventRecord;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.RunRecord;
import org.plumbline.kernel.record.UpdateRecord;
import org.plumbline.kernel.report.Report;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.toolkit.problem.ConditionedMlp;

/** What surrounds an estimator in a study: anchors, alarms, several rewards, prompts that change, kept trajectories. */
class SafeguardsInStudiesTest {
    private static final String STUDY = """
            name: toy
            model: {id: toy.model, folder: .}
            backend: {id: reference}
            sampler: {id: ddim, eta: 1, timestep-spacing: trailing, clip-sample: false, set-alpha-to-one: false}
            steps: 6
            guidance: 1.5
            target: {kind: full, modules: []}
            reward: {id: toy.reward}
            prompts: [one, other]
            batch: 8
            budget: {updates: 8}
            optimiser: {learning-rate: 0.02}
            evaluation: {every: 2, images-per-prompt: 8}
            gradients: {replicas: 0}
            estimators: [{id: truncated-bp, cutoff: full}]
            seeds: [7]
            """;

    @TempDir
    static Path cache;

    @TempDir
    Path folder;

    private static ToyStudies studies;

    @BeforeAll
    static void start() {
        studies = new ToyStudies(cache);
        studies.catalog().register(ToyPlugins.provider("toy.distance", PluginRole.REWARD, Distance::new));
        studies.catalog().register(ToyPlugins.provider("toy.sometimes-nan", PluginRole.ESTIMATOR, SometimesNan::new));
    }

    @AfterAll
    static void stop() {
        studies.close();
    }

    @Test
    void several_rewards_are_maximised_by_their_weighted_sum_and_reported_one_by_one() throws IOException {
        RunFolder run = run("two", """
                reward: [{id: toy.reward, label: near, weight: 0.5}, {id: toy.first-pixel, weight: -2}]
                estimators: [{id: policy-gradient}]
                """);
        for (EvaluationRecord evaluation : records(run, EvaluationRecord.class)) {
            double near = evaluation.heldOut().get("near").mean();
            double pixel = evaluation.heldOut().get("toy.first-pixel").mean();
            assertEquals(0.5 * near - 2 * pixel, evaluation.reward().mean(), 1e-12);
        }
        assertEquals(
                "0.5 near + -2.0 toy.first-pixel",
                run.description().trainedReward().label());
        assertTrue(!run.description().trainedReward().differentiable(), "one of the two is a black box");
    }

    @ParameterizedTest
    @ValueSource(strings = {"kl", "l2"})
    void an_anchor_keeps_the_model_nearer_to_the_pre_trained_one(String kind) throws IOException {
        String distance = "anchor-" + kind;
        double free = last(run("free", "anchor: {kind: " + kind + ", weight: 0}\n"), distance);
        double held = last(run("held", "anchor: {kind: " + kind + ", weight: 30}\n"), distance);
        assertTrue(held < 0.5 * free, held + " against " + free);
    }

    private static double last(RunFolder run, String diagnostic) {
        List<UpdateRecord> updates = records(run, UpdateRecord.class);
        return updates.get(updates.size() - 1).diagnostics().get(diagnostic);
    }

    @Test
    void an_alarm_that_stops_ends_the_trial_with_its_weights_saved() throws IOException {
        String study = """
                held-out: [{id: toy.distance}]
                budget: {updates: 60}
                optimiser: {learning-rate: 0.05}
                safeguards: {held-out-alarm: stop, alarm-errors: 1}
                """;
        RunFolder run = run("alarm", study);
        List<EventRecord> events = records(run, EventRecord.class);
        EventRecord alarm = events.stream()
                .filter(event -> event.type() == EventRecord.Type.ALARM)
                .findFirst()
                .orElseThrow();
        assertTrue(alarm.message().contains("held-out 'toy.distance' fell from"), alarm.message());
        assertTrue(
                events.stream()
                        .anyMatch(event -> event.type() == EventRecord.Type.FINISHED
                                && event.message().equals("stopped by the held-out alarm")),
                events::toString);
        assertTrue(records(run, UpdateRecord.class).size() < 60);
        assertTrue(
                Files.readString(Report.write(run)).contains("The held-out alarm rang for truncated-bp in 1 of 1 run"));
        assertTrue(Files.exists(run.weights("truncated-bp", 7).resolve("weights.safetensors")));
    }

    @Test
    void an_estimate_that_is_not_finite_is_skipped_or_stops_the_trial() throws IOException {
        RunFolder run = run("skip", "estimators: [{id: toy.sometimes-nan}]\nsafeguards: {non-finite: skip}\n");
        List<EventRecord> skipped = records(run, EventRecord.class).stream()
                .filter(event -> event.type() == EventRecord.Type.SKIPPED)
                .toList();
        assertEquals(List.of(3L, 6L), skipped.stream().map(EventRecord::update).toList());
        assertEquals(6, records(run, UpdateRecord.class).size());

        PlumblineException failure =
                assertThrows(PlumblineException.class, () -> run("stop", "estimators: [{id: toy.sometimes-nan}]\n"));
        assertTrue(String.valueOf(failure.getMessage()).contains("has a component NaN"), failure::getMessage);
    }

    @Test
    void the_variance_meter_costs_no_budget_and_does_not_change_the_run() throws IOException {
        RunFolder plain = run("plain", "estimators: [{id: rlr}]\n");
        RunFolder metered =
                run("metered", "estimators: [{id: rlr}]\nsafeguards: {variance-every: 4, variance-replicas: 3}\n");
        assertArrayEquals(weights(plain, "rlr"), weights(metered, "rlr"));
        List<UpdateRecord> updates = records(metered, UpdateRecord.class);
        for (int i = 0; i < updates.size(); i++) {
            assertEquals(i % 4 == 0, updates.get(i).diagnostics().containsKey("meter-variance"));
            assertEquals(
                    records(plain, UpdateRecord.class).get(i).cost().nfe(),
                    updates.get(i).cost().nfe());
        }
    }

    @Test
    void every_recording_gives_the_same_run_bit_by_bit_for_more_network_calls() throws IOException {
        RunFolder full = run("full", "");
        RunFolder sqrt = run("sqrt", "recording: {kind: sqrt}\n");
        RunFolder few = run("few", "recording: {kind: binomial, snapshots: 2}\n");
        assertArrayEquals(weights(full, "truncated-bp"), weights(sqrt, "truncated-bp"));
        assertArrayEquals(weights(full, "truncated-bp"), weights(few, "truncated-bp"));
        double calls = records(full, UpdateRecord.class).get(0).cost().nfeForward();
        assertEquals(calls + 6, records(sqrt, UpdateRecord.class).get(0).cost().nfeForward());
        assertTrue(records(few, UpdateRecord.class).get(0).cost().nfeForward() > calls + 3);
    }

    @Test
    void prompts_that_change_along_the_chain_change_what_is_sampled() throws IOException {
        RunFolder one = run("one", "");
        RunFolder two = run("two", """
                prompt-schedule: [{name: coarse, from: 4, to: 6, prompts: {one: other}}, {name: fine, from: 1, to: 3}]
                """);
        RunFolder same = run("same", """
                prompt-schedule: [{name: coarse, from: 4, to: 6}, {name: fine, from: 1, to: 3, prompt: "{prompt}"}]
                """);
        assertNotEquals(rewards(one), rewards(two));
        assertEquals(rewards(one), rewards(same));
    }

    @Test
    void the_sub_chain_of_rlr_is_drawn_from_the_scale_it_is_told() throws IOException {
        RunFolder run = run("scale", """
                prompt-schedule: [{name: coarse, from: 4, to: 6, prompts: {one: other}}, {name: fine, from: 1, to: 3}]
                estimators: [{id: rlr, mode: exact, h: 1, start-scale: coarse}]
                """);
        List<Double> starts = records(run, UpdateRecord.class).stream()
                .map(update -> update.diagnostics().get("start"))
                .toList();
        assertTrue(starts.stream().allMatch(j -> j >= 4 && j <= 6), starts::toString);
        assertTrue(starts.stream().distinct().count() > 1, starts::toString);

        PlumblineException refusal = assertThrows(
                PlumblineException.class,
                () -> run("no-scale", "estimators: [{id: rlr, mode: exact, h: 1, start-scale: coarse}]\n"));
        assertTrue(String.valueOf(refusal.getMessage()).contains("prompt schedule"), refusal::getMessage);
    }

    private static List<Double> rewards(RunFolder run) {
        return records(run, UpdateRecord.class).stream()
                .map(UpdateRecord::reward)
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "prompt-schedule: [{name: fine, from: 1, to: 3}]|BAD_VALUE|cover the sampler's 6 network calls",
                "samples-per-prompt: 3|BAD_VALUE|multiple of samples-per-prompt",
                "anchor: {kind: denoising}|MISSING_KEY|dataset: {id: digits}",
                "reward: [{id: toy.reward}, {id: toy.reward}]|BAD_VALUE|label",
                "reward: []|BAD_VALUE|name at least one",
                "recording: {kind: half}|BAD_VALUE|sqrt"
            })
    void what_cannot_be_is_refused_before_the_first_step(String line, String code, String hint) {
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> run("refused", line + "\n"));
        assertEquals(code, refusal.code().name());
        assertTrue(String.valueOf(refusal.getMessage()).contains(hint), refusal::getMessage);
    }

    /** Runs the study with some of its lines replaced or added. */
    private RunFolder run(String name, String lines) throws IOException {
        String text = STUDY;
        for (String line : lines.lines().toList()) {
            int colon = line.indexOf(':');
            text = ToyStudies.with(text, line.substring(0, colon), line.substring(colon + 2));
        }
        return studies.study(folder.resolve(name + ".yaml"), text, new Interruption(), Progress.silent())
                .run(folder.resolve(name), false);
    }

    private static byte[] weights(RunFolder run, String trial) throws IOException {
        return Files.readAllBytes(run.weights(trial, 7).resolve("weights.safetensors"));
    }

    private static <R extends RunRecord> List<R> records(RunFolder run, Class<R> type) {
        return run.records().stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** The squared distance from where the trained reward wants the images: falls as that one rises. */
    private static final class Distance implements BlackBoxRewardModel {
        private static final double[] TARGET = ConditionedMlp.standard().target();

        @Override
        public double[] score(ImageBatch images, List<String> prompts) {
            double[] scores = new double[images.rows()];
            int size = images.pixels().length / images.rows();
            for (int i = 0; i < images.pixels().length; i++) {
                double away = images.pixels()[i] - TARGET[i % size];
                scores[i / size] += away * away;
            }
            return scores;
        }

        @Override
        public String unit() {
            return "";
        }
    }

    /** Zero, and not a number on every third update. */
    private static final class SometimesNan implements GradientEstimator {
        @Override
        public Set<EstimatorTrait> traits() {
            return Set.of();
        }

        @Override
        public GradientEstimate estimate(Chain chain) {
            double[] gradient = new double[chain.parameterCount()];
            gradient[0] = chain.update() % 3 == 2 ? Double.NaN : 0;
            return GradientEstimate.of(gradient, chain.rewards(chain.behaviour()));
        }

        @Override
        public List<Citation> citations() {
            return List.of();
        }
    }

    @Test
    void samples_of_one_prompt_come_together_and_may_start_from_the_same_noise() throws IOException {
        RunFolder apart = run("apart", "samples-per-prompt: 4\n");
        RunFolder together = run("together", "samples-per-prompt: 4\nshared-initial-noise: true\n");
        // Rows that start alike end less far apart.
        assertTrue(records(together, UpdateRecord.class).get(0).rewardSd()
                < records(apart, UpdateRecord.class).get(0).rewardSd());
    }
}
