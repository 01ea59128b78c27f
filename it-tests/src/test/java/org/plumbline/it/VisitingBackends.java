package org.plumbline.it;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.testkit.backend.WrappedBackend;

/** Backends of a test that come and go: made of the reference backend, under names of their own. */
final class VisitingBackends implements AutoCloseable {
    private final PluginCatalog catalog;
    private final Path folder;
    private final Map<String, PluginCatalog.Registration> registered = new LinkedHashMap<>();

    /**
     * @param folder of the study that uses them
     */
    VisitingBackends(PluginCatalog catalog, Path folder) {
        this.catalog = catalog;
        this.folder = folder;
    }

    /** Offers a backend; one of the same name is to be gone. */
    void offer(String id, UnaryOperator<ComputeBackend> made) {
        registered.put(
                id,
                catalog.register(ToyPlugins.provider(
                        id,
                        PluginRole.BACKEND,
                        () ->
                                new Wrapped(
                                        made.apply(catalog.lease(ComputeBackend.class, "reference", Map.of(), folder)
                                                .get()),
                                        1,
                                        () -> {}) {
                                    @Override
                                    public String description() {
                                        return super.description() + " as " + id;
                                    }
                                })));
    }

    /** As when a bundle is stopped: the backend cannot be had any more, and is gone once nobody uses it. */
    void takeAway(String id) {
        PluginCatalog.Registration gone = Objects.requireNonNull(registered.get(id));
        new Thread(() -> gone.withdraw(Duration.ofSeconds(30))).start();
        while (catalog.find(PluginRole.BACKEND, id).isPresent()) {
            Thread.onSpinWait();
        }
    }

    /** Takes all of them away; others may come. */
    @Override
    public void close() {
        registered.values().forEach(registration -> registration.withdraw(Duration.ofSeconds(5)));
        registered.clear();
    }

    /** Another backend whose networks' outputs are multiplied by a factor. */
    static class Wrapped extends WrappedBackend {
        private final double factor;
        private final Runnable beforeClose;

        Wrapped(ComputeBackend inner, double factor, Runnable beforeClose) {
            super(inner);
            this.factor = factor;
            this.beforeClose = beforeClose;
        }

        @Override
        protected Tensor forward(
                Network network, TensorArena into, @Nullable Tensor parameters, Map<String, Tensor> inputs) {
            Tensor output = super.forward(network, into, parameters, inputs);
            return factor == 1 ? output : into.combine(new double[] {factor}, List.of(output));
        }

        @Override
        protected void close(BackendSession session) {
            beforeClose.run();
            super.close(session);
        }
    }
}
