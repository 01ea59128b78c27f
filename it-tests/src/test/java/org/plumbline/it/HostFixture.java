package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.kernel.plugin.Unavailable;
import org.plumbline.launcher.Host;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.spi.reward.RewardModel;

/** A host that looks at one plugin folder twenty times a second. */
final class HostFixture implements AutoCloseable {
    static final Duration DRAIN = Duration.ofMillis(1500);

    private final Path folder;
    private final Host host;

    HostFixture(Path folder, Path cache) {
        this.folder = folder;
        this.host = Host.start(new Host.Settings(App.HOME, List.of(folder), cache, Duration.ofMillis(50), DRAIN));
    }

    Path folder() {
        return folder;
    }

    Host host() {
        return host;
    }

    PluginCatalog catalog() {
        return host.catalog();
    }

    Lease<RewardModel> lease(String id) {
        return catalog().lease(RewardModel.class, id, Map.of(), folder);
    }

    boolean available(String id) {
        return catalog().find(PluginRole.REWARD, id).isPresent();
    }

    /** The version that a new lease would get; empty if none. */
    String version(String id) {
        return catalog()
                .find(PluginRole.REWARD, id)
                .map(plugin -> plugin.version())
                .orElse("");
    }

    /** Why something is not available; empty if nothing is known against it. */
    List<String> reasons(String what) {
        return catalog().problems().stream()
                .filter(problem -> problem.what().equals(what))
                .map(Unavailable::reasons)
                .findFirst()
                .orElse(List.of());
    }

    static double[] score(RewardModel reward, int rows) {
        return ((BlackBoxRewardModel) reward)
                .score(new ImageBatch(new double[rows], rows, 1, 1, 1), Collections.nCopies(rows, "x"));
    }

    static void eventually(String what, BooleanSupplier condition) throws InterruptedException {
        eventually(() -> what, condition);
    }

    static void eventually(Supplier<String> what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, what);
            Thread.sleep(10);
        }
    }

    @Override
    public void close() {
        host.close();
    }
}
