package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.SwapReport;
import org.plumbline.kernel.record.SwapReport.Outcome;
import org.plumbline.kernel.record.SwapReport.Reason;
import org.plumbline.kernel.record.UpdateRecord;
import org.plumbline.kernel.study.Study;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.kernel.swap.Switchboard;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.testkit.estimator.CrankyBackend;

/** Runs that go from one backend to another: by order, because it went away, because its device failed. */
@Timeout(120)
class BackendSwapTest {
    private static final String STUDY = """
            name: toy
            model: {id: toy.model, folder: .}
            backend: {id: toy.backend}
            sampler: {id: ddim, eta: 1, timestep-spacing: trailing, clip-sample: false, set-alpha-to-one: false}
            steps: 6
            guidance: 1.5
            target: {kind: full, modules: []}
            reward: {id: toy.reward}
            prompts: [one, other]
            batch: 8
            budget: {updates: 8}
            optimiser: {learning-rate: 0.02, ema: 0.9}
            evaluation: {every: 3, images-per-prompt: 4}
            gradients: {replicas: 0}
            swap: {grace: 0.2}
            estimators: [{id: policy-gradient, objective: clip, baseline: per-prompt, updates-per-rollout: 3}]
            seeds: [7]
            """;

    @TempDir
    static Path cache;

    @TempDir
    Path folder;

    private static ToyStudies studies;

    private VisitingBackends backends;

    @BeforeAll
    static void start() {
        studies = new ToyStudies(cache);
    }

    @AfterAll
    static void stop() {
        studies.close();
    }

    @BeforeEach
    void visit() {
        backends = new VisitingBackends(studies.catalog(), folder);
    }

    @AfterEach
    void withdraw() {
        backends.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"toy.backend", "toy.other"})
    void an_order_in_the_middle_of_a_run_does_not_change_a_bit(String other) throws IOException {
        backends.offer("toy.backend", UnaryOperator.identity());
        backends.offer("toy.other", UnaryOperator.identity());
        RunFolder alone = study(STUDY, update -> {}).run(folder.resolve("alone"), false);

        Study[] study = new Study[1];
        Switchboard.Ticket[] ticket = new Switchboard.Ticket[1];
        study[0] = study(STUDY, update -> {
            if (update == 4) {
                ticket[0] = study[0].order(BackendChoice.of(other));
            }
        });
        RunFolder swapped = study[0].run(folder.resolve("swapped"), false);

        SwapReport report = onlyReport(swapped);
        assertAll(
                () -> assertEquals(Reason.REQUESTED, report.reason()),
                () -> assertEquals(Outcome.SWAPPED, report.outcome()),
                () -> assertEquals(4, report.update()),
                () -> assertEquals(
                        0, Objects.requireNonNull(report.prediction()).maxAbsolute()),
                () -> assertEquals(0, Objects.requireNonNull(report.gradient()).maxAbsolute()),
                () -> assertEquals(Switchboard.State.CARRIED_OUT, ticket[0].state()));
        assertSame(alone, swapped);
    }

    @Test
    void a_backend_that_computes_something_else_is_not_taken() throws IOException {
        backends.offer("toy.backend", UnaryOperator.identity());
        backends.offer("toy.wrong", inner -> new VisitingBackends.Wrapped(inner, 1.01, () -> {}));
        RunFolder alone = study(STUDY, update -> {}).run(folder.resolve("alone"), false);

        Study[] study = new Study[1];
        Switchboard.Ticket[] ticket = new Switchboard.Ticket[1];
        study[0] = study(STUDY, update -> {
            if (update == 2) {
                ticket[0] = study[0].order(BackendChoice.of("toy.wrong"));
            }
        });
        RunFolder kept = study[0].run(folder.resolve("kept"), false);

        SwapReport report = onlyReport(kept);
        assertAll(
                () -> assertEquals(Outcome.REFUSED, report.outcome()),
                () -> assertEquals(
                        0.01, Objects.requireNonNull(report.prediction()).maxRelative(), 1e-3),
                () -> assertTrue(report.message().contains("do not agree"), report::message),
                () -> assertEquals(Switchboard.State.REFUSED, ticket[0].state()));
        assertSame(alone, kept);
    }

    @Test
    void an_order_that_cannot_be_followed_is_refused_at_once() throws IOException {
        backends.offer("toy.backend", UnaryOperator.identity());
        backends.offer("toy.forward", inner -> new VisitingBackends.Wrapped(inner, 1, () -> {}) {
            @Override
            public Set<Capability> capabilities() {
                return Set.of(Capability.FORWARD);
            }
        });
        backends.offer("toy.no-device", inner -> new VisitingBackends.Wrapped(inner, 1, () -> {}) {
            @Override
            public BackendSession open() {
                throw PlumblineException.of(StandardError.MISSING_DEVICE)
                        .asked("device 'cuda' cannot be used")
                        .remedy("use the CPU")
                        .build();
            }
        });
        Study study = study(STUDY, update -> {});
        assertRefused(StandardError.UNKNOWN_PLUGIN, study, Map.of("id", "toy.none"));
        assertRefused(StandardError.INCOMPATIBLE, study, Map.of("id", "toy.forward"));
        assertRefused(StandardError.MISSING_DEVICE, study, Map.of("id", "toy.no-device"));
        assertRefused(StandardError.BAD_VALUE, study, Map.of("id", "toy.backend", "rollouts", "toy.forward"));
        assertEquals(1, study.switchboard().wanted().number(), "the run was told nothing");
    }

    @Test
    void the_later_of_two_orders_counts() throws IOException {
        backends.offer("toy.backend", UnaryOperator.identity());
        backends.offer("toy.other", UnaryOperator.identity());
        backends.offer("toy.third", UnaryOperator.identity());
        Study[] study = new Study[1];
        List<Switchboard.Ticket> tickets = new ArrayList<>();
        study[0] = study(STUDY, update -> {
            if (update == 3) {
                tickets.add(study[0].order(BackendChoice.of("toy.other")));
                tickets.add(study[0].order(BackendChoice.of("toy.third")));
            }
        });
        RunFolder run = study[0].run(folder.resolve("run"), false);
        assertEquals(Switchboard.State.OVERTAKEN, tickets.get(0).state());
        assertEquals(Switchboard.State.CARRIED_OUT, tickets.get(1).state());
        assertTrue(onlyReport(run).to().contains("toy.third"));
    }

    @Test
    void another_backend_stands_in_for_one_that_is_withdrawn_until_it_is_back() throws IOException {
        backends.offer("toy.backend", UnaryOperator.identity());
        RunFolder alone = study(STUDY, update -> {}).run(folder.resolve("alone"), false);

        RunFolder run = study(STUDY, update -> {
                    if (update == 2) {
                        backends.takeAway("toy.backend");
                    }
                    if (update == 5) {
                        backends.offer("toy.backend", UnaryOperator.identity());
                    }
                })
                .run(folder.resolve("run"), false);

        List<SwapReport> reports = reports(run);
        assertEquals(
                List.of(Reason.WITHDRAWN, Reason.RETURNED),
                reports.stream().map(SwapReport::reason).toList());
        assertTrue(reports.stream().allMatch(report -> report.outcome() == Outcome.SWAPPED), reports::toString);
        assertTrue(reports.get(0).to().contains("libtorch"), reports::toString);
        assertTrue(reports.get(1).to().contains("toy.backend"), reports::toString);
        List<Double> expected = rewards(alone);
        List<Double> found = rewards(run);
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i), found.get(i), 1e-5 * Math.abs(expected.get(i)), "float32 for some updates");
        }
    }

    @Test
    void a_run_without_a_backend_waits_and_goes_on_when_one_appears() throws IOException {
        String study = ToyStudies.with(STUDY, "swap", "{grace: 0.2, substitutes: none}");
        backends.offer("toy.backend", UnaryOperator.identity());
        RunFolder alone = study(study, update -> {}).run(folder.resolve("alone"), false);

        List<String> said = new ArrayList<>();
        RunFolder run = study(
                        study,
                        update -> {
                            if (update == 2) {
                                backends.takeAway("toy.backend");
                            }
                        },
                        line -> {
                            said.add(line);
                            if (line.startsWith("no suitable backend")) {
                                backends.offer("toy.backend", UnaryOperator.identity());
                            }
                        })
                .run(folder.resolve("run"), false);

        assertTrue(said.stream().anyMatch(line -> line.contains("the run waits for one")), said::toString);
        assertEquals(Outcome.SWAPPED, onlyReport(run).outcome());
        assertTrue(onlyReport(run).seconds().waiting() > 0.1);
        assertSame(alone, run);
    }

    @Test
    void a_step_in_which_the_device_failed_is_made_again() throws IOException {
        backends.offer("toy.backend", UnaryOperator.identity());
        RunFolder alone = study(STUDY, update -> {}).run(folder.resolve("alone"), false);

        backends.close();
        List<CrankyBackend> opened = new ArrayList<>();
        backends.offer("toy.backend", inner -> {
            CrankyBackend cranky = new CrankyBackend(inner);
            opened.add(cranky);
            return cranky;
        });
        RunFolder run = study(STUDY, update -> {
                    if (update == 4) {
                        opened.get(opened.size() - 1).failAt(CrankyBackend.Fault.BACKEND_LOST, 3);
                    }
                })
                .run(folder.resolve("run"), false);

        SwapReport report = onlyReport(run);
        assertEquals(Reason.DEVICE_LOST, report.reason());
        assertEquals(0, Objects.requireNonNull(report.prediction()).maxAbsolute());
        assertTrue(report.message().contains("the device went away"), report::message);
        assertSame(alone, run);
    }

    @Test
    void a_device_that_fails_again_and_again_ends_the_trial() throws IOException {
        backends.offer("toy.backend", inner -> {
            CrankyBackend cranky = new CrankyBackend(inner);
            cranky.failAt(CrankyBackend.Fault.BACKEND_LOST, 60);
            return cranky;
        });
        Study study = study(ToyStudies.with(STUDY, "swap", "{substitutes: none}"), update -> {});
        PlumblineException failure =
                assertThrows(PlumblineException.class, () -> study.run(folder.resolve("run"), false));
        assertTrue(failure.getMessage().contains("the device went away"), failure::getMessage);
        assertEquals(3, reports(RunFolder.open(folder.resolve("run"))).size());
    }

    @Test
    void a_session_that_hangs_when_it_is_closed_does_not_hold_the_run() throws IOException {
        CountDownLatch never = new CountDownLatch(1);
        AtomicBoolean hanging = new AtomicBoolean();
        backends.offer(
                "toy.backend",
                inner -> new VisitingBackends.Wrapped(inner, 1, () -> {
                    if (hanging.get()) {
                        await(never);
                    }
                }));
        backends.offer("toy.other", UnaryOperator.identity());
        Study[] study = new Study[1];
        study[0] = study(STUDY, update -> {
            if (update == 3) {
                study[0].order(BackendChoice.of("toy.other"));
                hanging.set(true);
            }
        });
        try {
            RunFolder run = study[0].run(folder.resolve("run"), false);
            assertEquals(Outcome.SWAPPED, onlyReport(run).outcome());
            assertTrue(onlyReport(run).message().contains("did not come back from close"), onlyReport(run)::message);
        } finally {
            never.countDown();
        }
    }

    @Test
    void hundreds_of_swaps_under_four_workers_lose_no_step_and_change_no_bit() throws IOException {
        backends.offer("toy.backend", UnaryOperator.identity());
        backends.offer("toy.other", UnaryOperator.identity());
        String text = ToyStudies.with(
                STUDY,
                "seeds",
                "[1, 2, 3, 4]",
                "parallel",
                "4",
                "budget",
                "{updates: 60}",
                "evaluation",
                "{every: 60}");
        RunFolder alone = study(text, update -> {}).run(folder.resolve("alone"), false);

        Study[] study = new Study[1];
        study[0] =
                study(text, update -> study[0].order(BackendChoice.of(update % 2 == 0 ? "toy.backend" : "toy.other")));
        RunFolder run = study[0].run(folder.resolve("run"), false);

        List<SwapReport> reports = reports(run);
        assertTrue(reports.size() >= 200, reports.size() + " swaps");
        assertTrue(reports.stream()
                .allMatch(report -> report.outcome() == Outcome.SWAPPED
                        && Objects.requireNonNull(report.gradient()).maxAbsolute() == 0));
        for (long seed = 1; seed <= 4; seed++) {
            assertArrayEquals(weights(alone, seed), weights(run, seed));
        }
        assertEquals(
                240,
                run.records().stream().filter(UpdateRecord.class::isInstance).count());
    }

    private Study study(String text, LongConsumer onUpdate) throws IOException {
        return study(text, onUpdate, line -> {});
    }

    private Study study(String text, LongConsumer onUpdate, Consumer<String> onLine) throws IOException {
        return studies.study(folder.resolve("study.yaml"), text, new Interruption(), new Progress() {
            @Override
            public Task begin(String title, long total, String unit) {
                return new Task() {
                    @Override
                    public void advance(long done, Map<String, Double> values) {
                        if (unit.equals("updates")) {
                            onUpdate.accept(done);
                        }
                    }

                    @Override
                    public void close() {}
                };
            }

            @Override
            public void say(String line) {
                onLine.accept(line);
            }
        });
    }

    private static void assertRefused(StandardError code, Study study, Map<String, Object> section) {
        PlumblineException refusal =
                assertThrows(PlumblineException.class, () -> study.order(BackendChoice.of(section)));
        assertEquals(code, refusal.code(), refusal::getMessage);
    }

    private static List<SwapReport> reports(RunFolder run) {
        return run.records().stream()
                .filter(SwapReport.class::isInstance)
                .map(SwapReport.class::cast)
                .toList();
    }

    private static SwapReport onlyReport(RunFolder run) {
        List<SwapReport> reports = reports(run);
        assertEquals(1, reports.size(), reports::toString);
        return reports.get(0);
    }

    private static void assertSame(RunFolder expected, RunFolder found) throws IOException {
        assertEquals(rewards(expected), rewards(found));
        assertArrayEquals(weights(expected, 7), weights(found, 7));
    }

    private static List<Double> rewards(RunFolder run) {
        return run.records().stream()
                .filter(UpdateRecord.class::isInstance)
                .map(line -> ((UpdateRecord) line).reward())
                .toList();
    }

    private static byte[] weights(RunFolder run, long seed) throws IOException {
        return Files.readAllBytes(run.weights("policy-gradient", seed).resolve("weights.safetensors"));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
