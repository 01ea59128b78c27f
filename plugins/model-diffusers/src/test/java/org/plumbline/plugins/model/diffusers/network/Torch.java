package org.plumbline.plugins.model.diffusers.network;

import java.lang.reflect.Constructor;
import java.util.Map;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.toolkit.settings.SettingsBinder;

/** The backend {@code djl-pytorch} on one thread of the CPU. Its classes are its own, as those of any plugin. */
public final class Torch {
    private Torch() {}

    public static ComputeBackend backend() {
        return backend(Map.of());
    }

    /** With settings as a user writes them. */
    public static ComputeBackend backend(Map<String, ?> settings) {
        try {
            String name = "org.plumbline.plugins.backend.djl.pytorch.DjlPytorchBackend";
            Class<? extends Record> type =
                    Class.forName(name + "$Configuration").asSubclass(Record.class);
            Constructor<?> backend = Class.forName(name).getDeclaredConstructors()[0];
            backend.setAccessible(true);
            return (ComputeBackend)
                    backend.newInstance(SettingsBinder.of(type).bind(settings, "backend 'djl-pytorch'"));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
