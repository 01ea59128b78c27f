package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.UpdateRecord;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.testkit.estimator.CrankyBackend;
import org.plumbline.testkit.estimator.CrankyBackend.Fault;

/** A run on a backend that returns numbers that are none, or shapes that were not asked for: it stops before they matter. */
class BackendFaultTest {
    private static final String STUDY = """
            name: toy
            model: {id: toy.model, folder: .}
            backend: {id: cranky}
            sampler: {id: ddim, eta: 1, clip-sample: false, set-alpha-to-one: false}
            steps: 4
            target: {kind: full, modules: []}
            reward: {id: toy.reward}
            prompts: [one, other]
            batch: 4
            budget: {updates: 6}
            evaluation: {every: 100, images-per-prompt: 2}
            gradients: {replicas: 0}
            estimators: [{id: truncated-bp, cutoff: full}]
            """;

    @TempDir
    private Path folder;

    @TempDir
    private Path cache;

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"NOT_A_NUMBER", "WRONG_SHAPE"})
    void aWrongResultStopsTheTrialAndTheRunGoesOnFromWhatWasRight(Fault fault) throws Exception {
        try (ToyStudies studies = new ToyStudies(cache);
                Lease<ComputeBackend> inner =
                        studies.catalog().lease(ComputeBackend.class, "reference", Map.of(), folder)) {
            CrankyBackend cranky = new CrankyBackend(inner.get());
            // The object is shared by all leases: closing one must not close the arithmetic of the others.
            studies.catalog().register(ToyPlugins.provider("cranky", PluginRole.BACKEND, () -> new Shared(cranky)));
            Path file = folder.resolve("study.yaml");
            RunFolder healthy = studies.study(file, STUDY, new Interruption(), Progress.silent())
                    .run(folder.resolve("healthy"), false);

            AtomicInteger updates = new AtomicInteger();
            Progress faultAfterThree = onUpdate(() -> {
                if (updates.incrementAndGet() == 3) {
                    cranky.failAt(fault, 5);
                }
            });
            Path broken = folder.resolve("broken");
            PlumblineException failure = assertThrows(
                    PlumblineException.class,
                    () -> studies.study(file, STUDY, new Interruption(), faultAfterThree)
                            .run(broken, false));
            String expected = fault == Fault.WRONG_SHAPE ? "was asked for" : "NaN";
            assertTrue(String.valueOf(failure.getMessage()).contains(expected), failure.getMessage());
            assertEquals(rewards(healthy).subList(0, 3), rewards(RunFolder.open(broken)), "nothing after the fault");

            cranky.behave();
            RunFolder resumed = studies.study(file, STUDY, new Interruption(), Progress.silent())
                    .run(broken, true);
            assertEquals(rewards(healthy), rewards(resumed), "the fault left no trace in the parameters");
        }
    }

    private static List<Double> rewards(RunFolder run) {
        return run.records().stream()
                .filter(UpdateRecord.class::isInstance)
                .map(line -> ((UpdateRecord) line).reward())
                .toList();
    }

    private static Progress onUpdate(Runnable action) {
        return new Progress() {
            @Override
            public Task begin(String title, long total, String unit) {
                return new Task() {
                    @Override
                    public void advance(long done, Map<String, Double> values) {
                        if (unit.equals("updates")) {
                            action.run();
                        }
                    }

                    @Override
                    public void close() {}
                };
            }

            @Override
            public void say(String line) {}
        };
    }

    /** Another backend that stays open. */
    private record Shared(ComputeBackend backend) implements ComputeBackend {
        @Override
        public Set<Capability> capabilities() {
            return backend.capabilities();
        }

        @Override
        public String description() {
            return backend.description();
        }

        @Override
        public BackendSession open() {
            return backend.open();
        }
    }
}
