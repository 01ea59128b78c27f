package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.plumbline.it.HostFixture.eventually;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Bundle;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;

/** The adapter of libtorch replaced and withdrawn while it computes. */
class BackendReplacementTest {
    private static final String ID = "djl-pytorch";
    private static final String JAR = "adapter.jar";
    private static final double MOST_GROWTH = 1.10;

    @TempDir
    private Path folder;

    // ---- under load, in a process of its own

    @Test
    void aFewReplacementsUnderLoadFailNoCallAndLeaveNothingBehind() throws Exception {
        check(load(12), 12);
    }

    @Tag("long")
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void twoHundredReplacementsUnderLoadFailNoCallAndLeaveNothingBehind(int time) throws Exception {
        Properties results = load(200);
        check(results, 200);
        double growth = (double) number(results, "endBytes") / number(results, "warmBytes");
        assertTrue(
                growth <= MOST_GROWTH, () -> "time " + time + ": resident memory grew to " + growth + ": " + results);
    }

    private static void check(Properties results, int replacements) {
        assertEquals(0, number(results, "failures"), () -> results.getProperty("failure"));
        assertEquals(replacements + 1, number(results, "versions"), "versions that computed");
        assertEquals(replacements + 1, number(results, "loaders"));
        assertEquals(0, number(results, "uncollected"), "class loaders that stay");
        assertTrue(number(results, "calls") > 20L * replacements, results::toString);
    }

    private static long number(Properties results, String key) {
        return Long.parseLong(results.getProperty(key));
    }

    private Properties load(int replacements) throws IOException, InterruptedException {
        Path results = folder.resolve("results.properties");
        Path log = folder.resolve("log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // A heap that never changes its size: what grows is something else.
                "-Xms256m",
                "-Xmx256m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-Dai.djl.offline=true",
                "-Dplumbline.home=" + App.HOME));
        if (Runtime.version().feature() >= 24) {
            command.add("--sun-misc-unsafe-memory-access=allow"); // Guice
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ReplacementLoad.class.getName()));
        command.addAll(List.of(folder.toString(), Integer.toString(replacements), results.toString()));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment()
                .put("PYTORCH_LIBRARY_PATH", App.HOME.resolve("native/libtorch").toString());
        builder.environment().put("OMP_NUM_THREADS", "1");
        Process process = builder.start();
        assertTrue(process.waitFor(15, TimeUnit.MINUTES), "still running");
        assertEquals(0, process.exitValue(), () -> read(log));
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(results)) {
            properties.load(in);
        }
        return properties;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    // ---- in the middle of one product

    /** Runs one long product and does something to the jar meanwhile. */
    private void duringOneProduct(boolean replaced) throws Exception {
        AdapterJar adapter = AdapterJar.of("backend-djl-pytorch");
        try (HostFixture host = new HostFixture(Files.createDirectories(folder.resolve("p")), folder.resolve("c"))) {
            adapter.dropInto(host.folder(), JAR, "9.0.0");
            eventually("appears", () -> version(host).equals("9.0.0"));
            Lease<ComputeBackend> lease = host.catalog().lease(ComputeBackend.class, ID, Map.of(), folder);
            try (lease;
                    BackendSession session = lease.get().open();
                    GradientCalls network = new GradientCalls(session, 200_000)) {
                double[] undisturbed = network.gradient();
                CompletableFuture<double[]> product = CompletableFuture.supplyAsync(() -> {
                    double[] last = network.gradient();
                    // As long as it takes until the host wants the plugin back, and one more.
                    while (!lease.revoked()) {
                        last = network.gradient();
                    }
                    return Arrays.equals(last, undisturbed) ? network.gradient() : last;
                });
                if (replaced) {
                    adapter.dropInto(host.folder(), JAR, "9.0.1");
                } else {
                    Files.delete(host.folder().resolve(JAR));
                }
                eventually("is asked to let go", lease::revoked);
                assertFalse(product.isDone(), "the product was meant to be under way");
                assertEquals(Bundle.ACTIVE, bundle(host).getState(), "its code stays while it is in use");
                assertArrayEquals(undisturbed, product.get(60, TimeUnit.SECONDS));
                assertEquals(Bundle.ACTIVE, bundle(host).getState());
            }
            if (replaced) {
                eventually("is replaced", () -> version(host).equals("9.0.1"));
                try (Lease<ComputeBackend> next = host.catalog().lease(ComputeBackend.class, ID, Map.of(), folder);
                        BackendSession session = next.get().open();
                        GradientCalls network = new GradientCalls(session, 16)) {
                    assertTrue(Arrays.stream(network.gradient()).allMatch(Double::isFinite));
                }
            } else {
                eventually("is gone", () -> bundle(host) == null);
            }
        }
    }

    @Test
    void aJarReplacedInTheMiddleOfAProductWaitsForItsEnd() throws Exception {
        duringOneProduct(true);
    }

    @Test
    void aBackendWithdrawnInTheMiddleOfAProductEndsItAndIsLetGo() throws Exception {
        duringOneProduct(false);
    }

    private static String version(HostFixture host) {
        return host.catalog()
                .find(PluginRole.BACKEND, ID)
                .map(plugin -> plugin.version())
                .orElse("");
    }

    private static Bundle bundle(HostFixture host) {
        return Arrays.stream(host.host().framework().getBundles())
                .filter(bundle -> bundle.getSymbolicName().contains("backend.djl"))
                .findFirst()
                .orElse(null);
    }
}
