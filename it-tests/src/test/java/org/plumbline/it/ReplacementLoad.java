package org.plumbline.it;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.launcher.Host;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.meter.ResidentMemory;

/**
 * A process of its own, so that a crash is seen and memory is its own: four threads compute gradients under leases, as a
 * run does, while the jar of their backend is replaced again and again.
 *
 * <p>Arguments: a folder for plugins and cache, the number of replacements, the file for the results.
 */
final class ReplacementLoad {
    private static final String ID = "djl-pytorch";
    private static final String JAR = "adapter.jar";
    private static final int THREADS = 4;
    private static final int ROWS = 16;

    private final Host host;
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicReference<double[]> expected = new AtomicReference<>();
    private final Map<String, AtomicLong> calls = new ConcurrentHashMap<>();
    private final Map<String, WeakReference<ClassLoader>> loaders = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();

    private ReplacementLoad(Host host) {
        this.host = host;
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        int replacements = Integer.parseInt(arguments[1]);
        Path plugins = Files.createDirectories(folder.resolve("plugins"));
        Properties results;
        try (Host host = Host.start(new Host.Settings(
                App.HOME, List.of(plugins), folder.resolve("cache"), Duration.ofMillis(20), Duration.ofSeconds(30)))) {
            results = new ReplacementLoad(host).run(plugins, replacements);
        }
        try (OutputStream out = Files.newOutputStream(Path.of(arguments[2]))) {
            results.store(out, null);
        }
        System.exit(0);
    }

    private Properties run(Path plugins, int replacements) throws Exception {
        AdapterJar adapter = AdapterJar.of("backend-djl-pytorch");
        adapter.dropInto(plugins, JAR, version(0));
        await("the first version", () -> version().equals(version(0)));
        List<Thread> threads = IntStream.range(0, THREADS)
                // One lets go often, the others when they are asked to, as runs do.
                .mapToObj(i -> new Thread(() -> work(i == 0 ? 20 : Integer.MAX_VALUE), "load-" + i))
                .toList();
        threads.forEach(thread -> thread.setDaemon(true)); // should anything fail, the process ends
        threads.forEach(Thread::start);
        long warm = 0;
        int warmUp = Math.max(2, replacements / 4);
        for (int i = 1; i <= replacements; i++) {
            String before = version(i - 1);
            await("calls of " + before, () -> calls.containsKey(before));
            adapter.dropInto(plugins, JAR, version(i));
            String now = version(i);
            await(now, () -> version().equals(now));
            if (i == warmUp) {
                warm = residentMemory();
            }
        }
        await("calls of the last", () -> calls.containsKey(version(replacements)));
        long end = residentMemory();
        over.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        Files.delete(plugins.resolve(JAR));
        await("it disappears", () -> version().isEmpty());
        Properties results = new Properties();
        results.setProperty("versions", Integer.toString(calls.size()));
        results.setProperty(
                "calls",
                Long.toString(calls.values().stream().mapToLong(AtomicLong::get).sum()));
        results.setProperty("failures", Integer.toString(failures.size()));
        results.setProperty("failure", String.valueOf(failures.peek()));
        results.setProperty("loaders", Integer.toString(loaders.size()));
        results.setProperty("uncollected", Integer.toString(uncollected()));
        results.setProperty("warmBytes", Long.toString(warm));
        results.setProperty("endBytes", Long.toString(end));
        return results;
    }

    private static String version(int i) {
        return "9.0." + i;
    }

    /** The version that a new lease would get. */
    private String version() {
        return host.catalog()
                .find(PluginRole.BACKEND, ID)
                .map(plugin -> plugin.version())
                .orElse("");
    }

    private void work(int callsPerLease) {
        PluginCatalog catalog = host.catalog();
        while (!over.get()) {
            try (Lease<ComputeBackend> lease = catalog.lease(ComputeBackend.class, ID, Map.of(), Path.of(""))) {
                String version = lease.description().version();
                loaders.computeIfAbsent(
                        version,
                        any -> new WeakReference<>(lease.get().getClass().getClassLoader()));
                try (BackendSession session = lease.get().open();
                        GradientCalls network = new GradientCalls(session, ROWS)) {
                    for (int i = 0; i < callsPerLease && !lease.revoked() && !over.get(); i++) {
                        double[] gradient = network.gradient();
                        expected.compareAndSet(null, gradient);
                        if (!Arrays.equals(expected.get(), gradient)) {
                            failures.add("another gradient with " + version);
                        }
                        calls.computeIfAbsent(version, any -> new AtomicLong()).incrementAndGet();
                    }
                }
            } catch (PlumblineException absent) {
                if (absent.code() != StandardError.UNKNOWN_PLUGIN) {
                    failures.add(absent.toString());
                }
                LockSupport.parkNanos(1_000_000);
            } catch (Throwable failure) {
                failures.add(failure + " " + Arrays.toString(failure.getStackTrace()));
            }
        }
    }

    /** Resident memory, with everything given back that is not in use. */
    private long residentMemory() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        try (Lease<ComputeBackend> lease = host.catalog().lease(ComputeBackend.class, ID, Map.of(), Path.of(""));
                BackendSession session = lease.get().open()) {
            session.trim();
        }
        return ResidentMemory.now().orElse(0);
    }

    private int uncollected() throws InterruptedException {
        for (int i = 0; i < 50; i++) {
            System.gc();
            if (loaders.values().stream().allMatch(loader -> loader.get() == null)) {
                return 0;
            }
            Thread.sleep(100);
        }
        return (int)
                loaders.values().stream().filter(loader -> loader.get() != null).count();
    }

    private interface Condition {
        boolean holds();
    }

    private void await(String what, Condition condition) throws InterruptedException, IOException {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > end) {
                throw new IOException("never came: " + what + "; failures: " + failures.peek());
            }
            Thread.sleep(5);
        }
    }
}
