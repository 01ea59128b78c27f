package org.plumbline.plugins.model.diffusers.network;

import java.lang.reflect.Constructor;
import org.plumbline.spi.backend.ComputeBackend;

/** The backend {@code djl-pytorch} on one thread of the CPU. Its classes are its own, as those of any plugin. */
final class Torch {
    private Torch() {}

    static ComputeBackend backend() {
        try {
            String name = "org.plumbline.plugins.backend.djl.pytorch.DjlPytorchBackend";
            Constructor<?> settings = Class.forName(name + "$Configuration").getDeclaredConstructors()[0];
            Constructor<?> backend = Class.forName(name).getDeclaredConstructors()[0];
            settings.setAccessible(true);
            backend.setAccessible(true);
            return (ComputeBackend) backend.newInstance(settings.newInstance("cpu", 1));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
