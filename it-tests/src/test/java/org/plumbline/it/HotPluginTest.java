package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.plumbline.it.HostFixture.eventually;

import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginProvider;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.reward.RewardModel;

/** Jars that come, change and go while the host runs. */
class HotPluginTest {
    private static final String ID = "org.example.hot";
    private static final String JAR = "hot.jar";

    @TempDir
    private Path folder;

    @TempDir
    private Path cache;

    private HostFixture host;

    @BeforeEach
    void start() {
        host = new HostFixture(folder, cache);
    }

    @AfterEach
    void stop() {
        host.close();
    }

    @Test
    void jarThatIsDroppedInReplacedAndRemovedAppearsChangesAndDisappears() throws Exception {
        assertFalse(host.available(ID));
        PluginJar.reward("hot", "1.0.0", ID).dropInto(folder, JAR);
        eventually("appears", () -> host.available(ID));
        try (Lease<RewardModel> lease = host.lease(ID)) {
            assertEquals("hot 1.0.0", lease.get().unit());
            assertEquals(3, HostFixture.score(lease.get(), 3).length);
        }
        PluginJar.reward("hot", "1.1.0", ID).dropInto(folder, JAR);
        eventually("changes", () -> host.version(ID).equals("1.1.0"));
        try (Lease<RewardModel> lease = host.lease(ID)) {
            assertEquals("hot 1.1.0", lease.get().unit());
        }
        Files.delete(folder.resolve(JAR));
        eventually("disappears", () -> !host.available(ID));
        var gone = assertThrows(PlumblineException.class, () -> host.lease(ID));
        assertEquals(StandardError.UNKNOWN_PLUGIN, gone.code());
        assertEquals(List.of(), host.catalog().problems());
    }

    @Test
    void pluginIsAServiceOfItsBundle() throws Exception {
        PluginJar.reward("hot", "1.2.3", ID).dropInto(folder, JAR);
        eventually("appears", () -> host.available(ID));
        var references = services("(&(id=" + ID + ")(role=REWARD)(version=1.2.3))");
        assertEquals(1, references.size());
        assertEquals("hot", references.get(0).getSymbolicName());
        Files.delete(folder.resolve(JAR));
        eventually("disappears", () -> !host.available(ID));
        assertEquals(List.of(), services("(id=" + ID + ")"));
    }

    private List<Bundle> services(String filter) throws InvalidSyntaxException {
        return host.host().framework().getServiceReferences(PluginProvider.class, filter).stream()
                .map(reference -> reference.getBundle())
                .toList();
    }

    @Test
    void everyCallSucceedsOrFindsThePluginMissingWhileItIsReplacedAgainAndAgain() throws Exception {
        int swaps = 20;
        byte[][] jars = new byte[swaps + 1][];
        for (int i = 0; i <= swaps; i++) {
            jars[i] = PluginJar.reward("hot", "1.0." + i, ID).bytes();
        }
        Load load = new Load();
        List<Thread> threads = List.of(
                new Thread(() -> load.run(1)),
                new Thread(() -> load.run(3)),
                new Thread(() -> load.run(50)),
                new Thread(() -> load.run(Integer.MAX_VALUE))); // a run that lets go only when it is asked to
        try {
            Files.write(folder.resolve(JAR), jars[0]);
            eventually("first version", () -> host.version(ID).equals("1.0.0"));
            threads.forEach(Thread::start);
            for (int i = 1; i <= swaps; i++) {
                String version = "1.0." + i;
                eventually("calls of each version", () -> load.calls.containsKey("hot " + host.version(ID)));
                // Half of the time written in place, under the eyes of the framework, as cp does.
                if (i % 2 == 0) {
                    Files.write(folder.resolve(JAR), jars[i]);
                } else {
                    Path aside = Files.write(folder.resolve("hot.part"), jars[i]);
                    Files.move(aside, folder.resolve(JAR), StandardCopyOption.ATOMIC_MOVE);
                }
                eventually(
                        version + " instead of " + host.version(ID),
                        () -> host.version(ID).equals(version));
            }
            eventually("calls of the last version", () -> load.calls.containsKey("hot 1.0." + swaps));
        } finally {
            load.over.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertEquals(List.of(), List.copyOf(load.failures));
        assertEquals(swaps + 1, load.calls.size(), "versions that were called");
        long calls = load.calls.values().stream().mapToLong(AtomicLong::get).sum();
        assertTrue(calls > 1000, calls + " calls");

        Files.delete(folder.resolve(JAR));
        eventually("disappears", () -> !host.available(ID));
        eventually("class loaders are collected", () -> {
            System.gc();
            return load.loaders.values().stream().allMatch(loader -> loader.get() == null);
        });
        assertEquals(swaps + 1, load.loaders.size());
    }

    /** Threads that lease and call. */
    private final class Load {
        final AtomicBoolean over = new AtomicBoolean();
        final Map<String, AtomicLong> calls = new ConcurrentHashMap<>();
        final Map<String, WeakReference<ClassLoader>> loaders = new ConcurrentHashMap<>();
        final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();

        /** Leases again and again, each time for so many calls at most. */
        void run(int callsPerLease) {
            while (!over.get()) {
                try (Lease<RewardModel> lease = host.lease(ID)) {
                    String unit = lease.get().unit();
                    Bundle bundle = FrameworkUtil.getBundle(lease.get().getClass());
                    loaders.computeIfAbsent(
                            unit,
                            any -> new WeakReference<>(lease.get().getClass().getClassLoader()));
                    for (int i = 0; i < callsPerLease && !lease.revoked() && !over.get(); i++) {
                        assertEquals(2, HostFixture.score(lease.get(), 2).length);
                        // A native library would be gone with its bundle, and the process with it.
                        assertEquals(Bundle.ACTIVE, bundle.getState(), "the bundle stopped under a lease");
                        calls.computeIfAbsent(unit, any -> new AtomicLong()).incrementAndGet();
                    }
                } catch (PlumblineException absent) {
                    if (absent.code() != StandardError.UNKNOWN_PLUGIN) {
                        failures.add(absent.toString());
                    }
                    Thread.onSpinWait();
                } catch (Throwable failure) {
                    failures.add(failure + " " + Arrays.toString(failure.getStackTrace()));
                }
            }
        }
    }

    @Test
    void pluginThatIsInUseStaysUntilItIsLetGo() throws Exception {
        PluginJar.reward("hot", "1.0.0", ID).dropInto(folder, JAR);
        eventually("appears", () -> host.available(ID));
        try (Lease<RewardModel> lease = host.lease(ID)) {
            Files.delete(folder.resolve(JAR));
            eventually("is revoked", lease::revoked);
            assertFalse(host.available(ID));
            eventually("says why", () -> !host.reasons(ID).isEmpty());
            assertTrue(
                    host.reasons(ID).get(1).startsWith("the plugin is still in use"),
                    host.reasons(ID).toString());
            // Longer than a forced stop would wait: a jar that goes away never forces.
            Thread.sleep(HostFixture.DRAIN.multipliedBy(2).toMillis());
            assertEquals(Bundle.ACTIVE, bundle("hot").getState());
            assertEquals(2, HostFixture.score(lease.get(), 2).length);
        }
        eventually("is uninstalled", () -> bundle("hot") == null);
        eventually("is forgotten", () -> host.catalog().problems().isEmpty());
    }

    @Test
    void replacementThatComesBackBeforeItIsLetGoIsTakenUpLater() throws Exception {
        PluginJar.reward("hot", "1.0.0", ID).dropInto(folder, JAR);
        eventually("appears", () -> host.available(ID));
        try (Lease<RewardModel> lease = host.lease(ID)) {
            PluginJar.reward("hot", "2.0.0", ID).dropInto(folder, JAR);
            eventually("is revoked", lease::revoked);
            PluginJar.reward("hot", "3.0.0", ID).dropInto(folder, JAR);
            Thread.sleep(300);
            assertEquals("hot 1.0.0", lease.get().unit());
            assertEquals("1.0.0", bundle("hot").getVersion().toString());
        }
        eventually("changes", () -> host.version(ID).equals("3.0.0"));
    }

    @Test
    void stopByForceWaitsForTheDrainTimeAndSaysSo() throws Exception {
        PluginJar.reward("hot", "1.0.0", ID).dropInto(folder, JAR);
        eventually("appears", () -> host.available(ID));
        try (Lease<RewardModel> lease = host.lease(ID)) {
            long begin = System.nanoTime();
            bundle("hot").stop();
            long waited = (System.nanoTime() - begin) / 1_000_000;
            assertTrue(lease.revoked());
            assertTrue(waited >= HostFixture.DRAIN.toMillis(), waited + " ms");
        }
        assertEquals(
                List.of(
                        "reward 'org.example.hot' (hot 1.0.0) was stopped while it was still in use, after waiting 1.5 s"),
                host.reasons(ID));
    }

    @Test
    void pluginThatHangsInCloseIsReportedByNameAndTheHostGoesOn() throws Exception {
        PluginJar.of("hanging", "1.0.0")
                .source("test.reward.Hanging", """
                        package test.reward;
                        import java.util.List;
                        import org.plumbline.spi.plugin.Plugin;
                        import org.plumbline.spi.reward.*;
                        @Plugin(id = "org.example.hanging", description = "never closes")
                        public final class Hanging implements BlackBoxRewardModel {
                            @Override public String unit() { return "none"; }
                            @Override public double[] score(ImageBatch images, List<String> prompts) {
                                return new double[images.rows()];
                            }
                            @Override public void close() {
                                while (true) {
                                    try { Thread.sleep(1000); } catch (InterruptedException deaf) { Thread.yield(); }
                                }
                            }
                        }
                        """)
                .plugin("test.reward.Hanging", "org.example.hanging")
                .dropInto(folder, "hanging.jar");
        eventually("appears", () -> host.available("org.example.hanging"));
        Lease<RewardModel> lease = host.lease("org.example.hanging");
        long begin = System.nanoTime();
        lease.close();
        long waited = (System.nanoTime() - begin) / 1_000_000;
        assertTrue(waited >= HostFixture.DRAIN.toMillis() && waited < 20_000, waited + " ms");
        List<String> reasons = host.reasons("org.example.hanging (hanging 1.0.0)");
        assertTrue(reasons.get(0).contains("did not come back from close within 1.5 s"), reasons.toString());

        // The jar can go all the same, others come, and the host itself closes in stop().
        Files.delete(folder.resolve("hanging.jar"));
        eventually("is uninstalled", () -> bundle("hanging") == null);
        PluginJar.reward("hot", "1.0.0", ID).dropInto(folder, JAR);
        eventually("the next appears", () -> host.available(ID));
    }

    @Test
    void jarThatIsStillBeingCopiedIsTakenUpWhenItIsComplete() throws Exception {
        byte[] jar = PluginJar.reward("hot", "1.0.0", ID).bytes();
        int half = jar.length / 2;
        Path file = Files.write(folder.resolve(JAR), Arrays.copyOf(jar, half));
        eventually("is reported", () -> !host.reasons(JAR).isEmpty());
        assertTrue(
                host.reasons(JAR).get(0).contains("is not a complete jar file"),
                host.reasons(JAR).toString());
        Files.write(file, Arrays.copyOfRange(jar, half, jar.length), StandardOpenOption.APPEND);
        eventually("appears", () -> host.available(ID));
        assertEquals(List.of(), host.reasons(JAR));
    }

    @Test
    void replacementThatIsBrokenLeavesTheOldPluginInPlace() throws Exception {
        byte[] jar = PluginJar.reward("hot", "1.0.0", ID).bytes();
        Files.write(folder.resolve(JAR), jar);
        eventually("appears", () -> host.available(ID));
        Files.write(folder.resolve(JAR), Arrays.copyOf(jar, jar.length - 40));
        eventually("is reported", () -> !host.reasons(JAR).isEmpty());
        try (Lease<RewardModel> lease = host.lease(ID)) {
            assertEquals(2, HostFixture.score(lease.get(), 2).length);
        }
    }

    @Test
    void twoVersionsMayOverlapAndTheNewestIsHandedOut() throws Exception {
        PluginJar.reward("hot", "1.9.0", ID).dropInto(folder, "hot-1.9.jar");
        PluginJar.reward("hot", "1.10.0", ID).dropInto(folder, "hot-1.10.jar");
        eventually("newest", () -> host.version(ID).equals("1.10.0"));
        eventually("both", () -> bundles("hot").size() == 2);
        assertEquals(1, host.catalog().list().size());
        Files.delete(folder.resolve("hot-1.10.jar"));
        eventually("older", () -> host.version(ID).equals("1.9.0"));
    }

    private Bundle bundle(String symbolicName) {
        List<Bundle> found = bundles(symbolicName);
        return found.isEmpty() ? null : found.get(0);
    }

    private List<Bundle> bundles(String symbolicName) {
        return Arrays.stream(host.host().framework().getBundles())
                .filter(bundle -> bundle.getSymbolicName().equals(symbolicName))
                .toList();
    }
}
