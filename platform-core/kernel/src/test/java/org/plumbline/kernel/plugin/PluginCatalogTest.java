package org.plumbline.kernel.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardChoice;
import org.plumbline.spi.reward.RewardModel;

class PluginCatalogTest {
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofSeconds(30);

    private final PluginCatalog catalog = new PluginCatalog();

    private static final class Reward implements BlackBoxRewardModel {
        private final String version;
        private int closed;

        Reward(String version) {
            this.version = version;
        }

        @Override
        public String unit() {
            return version;
        }

        @Override
        public double[] score(ImageBatch images, List<String> prompts) {
            return new double[images.rows()];
        }

        @Override
        public void close() {
            closed++;
        }
    }

    private record Provider(PluginDescription description, CountDownLatch creating, CountDownLatch mayCreate)
            implements PluginProvider {
        @Override
        public Object create(Map<String, Object> settings, Path base) {
            creating.countDown();
            try {
                mayCreate.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            if (settings.containsKey("fail")) {
                throw new IllegalStateException("cannot be created");
            }
            return new Reward(description.version());
        }
    }

    private PluginCatalog.Registration register(String id, String version) {
        return register(id, version, new CountDownLatch(0), new CountDownLatch(0));
    }

    private PluginCatalog.Registration register(
            String id, String version, CountDownLatch creating, CountDownLatch mayCreate) {
        return catalog.register(new Provider(
                new PluginDescription(id, PluginRole.REWARD, version, "org.example", "a test", Plugin.NoSettings.class),
                creating,
                mayCreate));
    }

    private Lease<RewardModel> lease(String id) {
        return catalog.lease(RewardModel.class, id, Map.of(), Path.of(""));
    }

    // ---- leases

    @Test
    void closingALeaseClosesThePluginOnce() {
        register("a", "1.0.0");
        Lease<RewardModel> lease = lease("a");
        Reward reward = (Reward) lease.get();
        lease.close();
        lease.close();
        assertEquals(1, reward.closed);
        var late = assertThrows(PlumblineException.class, lease::get);
        assertEquals(StandardError.INTERNAL, late.code());
    }

    @Test
    void everyLeaseHasAnObjectOfItsOwn() {
        register("a", "1.0.0");
        try (Lease<RewardModel> one = lease("a");
                Lease<RewardModel> other = lease("a")) {
            assertFalse(one.get() == other.get());
        }
    }

    @Test
    void unknownIdListsTheKnownOnesAndTheReasonIfThereIsOne() {
        register("a", "1.0.0");
        register("b", "1.0.0");
        catalog.report(new Unavailable("c", List.of("its bundle does not resolve", "no package x")));
        var failure = assertThrows(PlumblineException.class, () -> lease("c"));
        assertEquals(StandardError.UNKNOWN_PLUGIN, failure.code());
        assertTrue(
                failure.getMessage()
                        .startsWith("reward 'c' is not available: its bundle does not resolve: no package x;"
                                + " available: a, b;"),
                failure.getMessage());
    }

    @Test
    void newestVersionIsLeasedAndListed() {
        register("a", "1.9.0");
        PluginCatalog.Registration newest = register("a", "1.10.0");
        register("a", "1.2.0");
        assertEquals(
                List.of("1.10.0"),
                catalog.list().stream().map(PluginDescription::version).toList());
        try (Lease<RewardModel> lease = lease("a")) {
            assertEquals("1.10.0", lease.get().unit());
        }
        assertTrue(newest.withdraw(SHORT));
        try (Lease<RewardModel> lease = lease("a")) {
            assertEquals("1.9.0", lease.get().unit());
        }
    }

    // ---- withdrawal

    @Test
    void withdrawalRevokesAndWaitsUntilTheLeaseIsClosed() throws Exception {
        PluginCatalog.Registration registration = register("a", "1.0.0");
        Lease<RewardModel> lease = lease("a");
        assertFalse(lease.revoked());
        assertFalse(registration.withdraw(SHORT), "the lease is still open");
        assertTrue(lease.revoked());
        assertThrows(PlumblineException.class, () -> lease("a"));
        assertEquals("1.0.0", lease.get().unit(), "the holder may finish its step");

        CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(() -> registration.withdraw(LONG));
        lease.close();
        assertTrue(drained.get(10, TimeUnit.SECONDS));
    }

    @Test
    void withdrawalWaitsForAnObjectThatIsBeingCreated() throws Exception {
        CountDownLatch mayCreate = new CountDownLatch(1);
        CountDownLatch creating = new CountDownLatch(1);
        PluginCatalog.Registration registration = register("a", "1.0.0", creating, mayCreate);
        CompletableFuture<Lease<RewardModel>> coming = CompletableFuture.supplyAsync(() -> lease("a"));
        creating.await();
        assertFalse(registration.withdraw(SHORT));
        mayCreate.countDown();
        try (Lease<RewardModel> lease = coming.get(10, TimeUnit.SECONDS)) {
            assertTrue(lease.revoked(), "born revoked");
        }
        assertTrue(registration.withdraw(SHORT));
    }

    @Test
    void failedCreationLeavesNothingBehind() {
        PluginCatalog.Registration registration = register("a", "1.0.0");
        assertThrows(
                IllegalStateException.class,
                () -> catalog.lease(RewardModel.class, "a", Map.of("fail", true), Path.of("")));
        assertTrue(registration.withdraw(SHORT));
    }

    @Test
    void interruptionDoesNotCutTheWaitShortAndIsNotForgotten() throws Exception {
        PluginCatalog.Registration registration = register("a", "1.0.0");
        Lease<RewardModel> lease = lease("a");
        CompletableFuture<Boolean> drained = new CompletableFuture<>();
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Thread withdrawing = new Thread(() -> {
            drained.complete(registration.withdraw(LONG));
            interrupted.complete(Thread.currentThread().isInterrupted());
        });
        withdrawing.start();
        withdrawing.interrupt();
        Thread.sleep(100);
        assertFalse(drained.isDone());
        lease.close();
        assertTrue(drained.get(10, TimeUnit.SECONDS));
        assertTrue(interrupted.get(10, TimeUnit.SECONDS));
    }

    // ---- waiting

    @Test
    void waitingEndsWhenThePluginComes() throws Exception {
        assertFalse(catalog.await(PluginRole.REWARD, "a", SHORT));
        CompletableFuture<Boolean> came = CompletableFuture.supplyAsync(() -> {
            try {
                return catalog.await(PluginRole.REWARD, "a", LONG);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        register("a", "1.0.0");
        assertTrue(came.get(10, TimeUnit.SECONDS));
    }

    @Test
    void registrationEndsTheProblemOfTheSameName() {
        catalog.report(new Unavailable("a", List.of("was missing")));
        register("a", "1.0.0");
        assertEquals(List.of(), catalog.problems());
    }

    @ParameterizedTest
    @CsvSource({"1.9.0, 1.10.0", "1.0.0, 1.0.1", "1.0.0, 1.0.0.b", "1.0.0.a, 1.0.0.b", "0.9, 1", "2.0.0, 10.0.0"})
    void versionsAreOrderedByTheirNumbers(String older, String newer) {
        assertTrue(Versions.ORDER.compare(older, newer) < 0);
        assertTrue(Versions.ORDER.compare(newer, older) > 0);
    }

    // ---- plugins that do not close

    /** Hangs in close until it is allowed to end. */
    private static final class Hanging implements BlackBoxRewardModel {
        private final CountDownLatch mayClose;

        Hanging(CountDownLatch mayClose) {
            this.mayClose = mayClose;
        }

        @Override
        public String unit() {
            return "none";
        }

        @Override
        public double[] score(ImageBatch images, List<String> prompts) {
            return new double[images.rows()];
        }

        @Override
        public void close() {
            boolean open = true;
            while (open) {
                try {
                    mayClose.await();
                    open = false;
                } catch (InterruptedException deaf) {
                    open = true;
                }
            }
        }
    }

    private static PluginProvider hanging(CountDownLatch mayClose) {
        return new PluginProvider() {
            @Override
            public PluginDescription description() {
                return new PluginDescription(
                        "hangs", PluginRole.REWARD, "1.0.0", "org.example", "a test", Plugin.NoSettings.class);
            }

            @Override
            public Object create(Map<String, Object> settings, Path base) {
                return new Hanging(mayClose);
            }
        };
    }

    @Test
    void aPluginThatHangsInCloseIsReportedByNameAndLeftBehind() throws Exception {
        PluginCatalog patient = new PluginCatalog(Duration.ofMillis(300));
        CountDownLatch mayClose = new CountDownLatch(1);
        PluginCatalog.Registration registration = patient.register(hanging(mayClose));
        Lease<RewardModel> first = patient.lease(RewardModel.class, "hangs", Map.of(), Path.of(""));
        Lease<RewardModel> second = patient.lease(RewardModel.class, "hangs", Map.of(), Path.of(""));

        long begin = System.nanoTime();
        first.close();
        long waited = (System.nanoTime() - begin) / 1_000_000;
        assertTrue(waited >= 300 && waited < 5000, waited + " ms");
        assertEquals(1, patient.problems().size());
        Unavailable problem = patient.problems().get(0);
        assertEquals("hangs (org.example 1.0.0)", problem.what());
        assertTrue(problem.reasons().get(0).contains("did not come back from close within 0.3 s"), problem.toString());

        second.close();
        assertTrue(registration.withdraw(Duration.ZERO), "it is let go all the same, so that its bundle can stop");
        mayClose.countDown();
        long end = System.nanoTime() + LONG.toNanos();
        while (!patient.problems().isEmpty() && System.nanoTime() < end) {
            Thread.sleep(5);
        }
        assertEquals(List.of(), patient.problems(), "it came back after all");
    }

    @Test
    void aPluginWhosePartHangsIsNotClosedUnderIt() throws Exception {
        PluginCatalog patient = new PluginCatalog(SHORT);
        patient.register(new Provider(
                new PluginDescription("a", PluginRole.REWARD, "1.0.0", "b", "a test", Plugin.NoSettings.class),
                new CountDownLatch(0),
                new CountDownLatch(0)));
        Lease<RewardModel> lease = patient.lease(RewardModel.class, "a", Map.of(), Path.of(""));
        Reward reward = (Reward) lease.get();
        CountDownLatch mayClose = new CountDownLatch(1);
        lease.closePart(new Hanging(mayClose));
        lease.close();
        assertEquals(0, reward.closed, "its session is still at work");
        mayClose.countDown();
    }

    @Test
    void whatCloseThrowsIsThrownToWhoeverLetsGo() {
        PluginProvider failing = new PluginProvider() {
            @Override
            public PluginDescription description() {
                return new PluginDescription(
                        "fails", PluginRole.REWARD, "1.0.0", "org.example", "a test", Plugin.NoSettings.class);
            }

            @Override
            public Object create(Map<String, Object> settings, Path base) {
                return new BlackBoxRewardModel() {
                    @Override
                    public String unit() {
                        return "none";
                    }

                    @Override
                    public double[] score(ImageBatch images, List<String> prompts) {
                        return new double[images.rows()];
                    }

                    @Override
                    public void close() {
                        throw new IllegalStateException("cannot be closed");
                    }
                };
            }
        };
        PluginCatalog.Registration registration = catalog.register(failing);
        Lease<RewardModel> lease = catalog.lease(RewardModel.class, "fails", Map.of(), Path.of(""));
        assertEquals(
                "cannot be closed",
                assertThrows(IllegalStateException.class, lease::close).getMessage());
        assertTrue(registration.withdraw(Duration.ZERO));
    }

    /** A plugin class that is none of the two kinds of rewards. */
    private record Choice(RewardModel chosen) implements RewardChoice {}

    @Test
    void ofARewardThatChoosesItsKindTheChosenOneIsLeasedAndClosed() {
        Reward made = new Reward("1.0.0");
        catalog.register(new PluginProvider() {
            @Override
            public PluginDescription description() {
                return new PluginDescription(
                        "choice", PluginRole.REWARD, "1.0.0", "org.example", "a test", Plugin.NoSettings.class);
            }

            @Override
            public Object create(Map<String, Object> settings, Path base) {
                return new Choice(made);
            }
        });
        try (Lease<RewardModel> lease = catalog.lease(RewardModel.class, "choice", Map.of(), Path.of(""))) {
            assertSame(made, lease.get());
        }
        assertEquals(1, made.closed);
    }
}
