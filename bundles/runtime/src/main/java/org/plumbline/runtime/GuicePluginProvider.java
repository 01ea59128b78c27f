package org.plumbline.runtime;

import com.google.inject.ConfigurationException;
import com.google.inject.CreationException;
import com.google.inject.Guice;
import com.google.inject.Module;
import com.google.inject.ProvisionException;
import com.google.inject.Stage;
import com.google.inject.spi.Message;
import java.lang.reflect.Constructor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginProvider;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.PluginContext;
import org.plumbline.toolkit.settings.SettingsBinder;

/**
 * Creates the objects of one plugin class, each in an injector of its own. A child injector would be cheaper to make, but
 * the parent would keep references to what its children bound, and with them the class loaders of plugins that are gone.
 */
final class GuicePluginProvider implements PluginProvider {
    private final PluginClass plugin;
    private final PluginDescription description;
    private final Path home;

    GuicePluginProvider(PluginClass plugin, Bundle bundle, Path home) {
        this.plugin = plugin;
        this.home = home;
        this.description = new PluginDescription(
                plugin.annotation().id(),
                plugin.role(),
                bundle.getVersion().toString(),
                bundle.getSymbolicName(),
                plugin.annotation().description(),
                plugin.annotation().configuration());
    }

    @Override
    public PluginDescription description() {
        return description;
    }

    @Override
    public Object create(Map<String, Object> settings, Path base) {
        List<Module> modules = new ArrayList<>();
        modules.add(configuration(plugin.binder(), settings));
        modules.add(
                binder -> binder.bind(PluginContext.class).toInstance(new HostContext(description.id(), base, home)));
        for (Class<? extends Module> module : plugin.modules()) {
            modules.add(instance(module));
        }
        try {
            return Guice.createInjector(Stage.PRODUCTION, modules).getInstance(plugin.type());
        } catch (CreationException failure) {
            throw failed(failure.getErrorMessages(), failure);
        } catch (ConfigurationException failure) {
            throw failed(failure.getErrorMessages(), failure);
        } catch (ProvisionException failure) {
            throw failed(failure.getErrorMessages(), failure);
        } catch (LinkageError failure) {
            throw failed(failure.toString(), failure);
        }
    }

    private <R extends Record> Module configuration(SettingsBinder<R> settingsBinder, Map<String, Object> settings) {
        R bound = settingsBinder.bind(settings, description.role().title() + " '" + description.id() + "'");
        @SuppressWarnings("unchecked")
        Class<R> type = (Class<R>) bound.getClass();
        return binder -> binder.bind(type).toInstance(bound);
    }

    private Module instance(Class<? extends Module> module) {
        try {
            Constructor<? extends Module> constructor = module.getDeclaredConstructor();
            constructor.setAccessible(true);
            return constructor.newInstance();
        } catch (ReflectiveOperationException failure) {
            throw failed("its module " + module.getName() + " has no working constructor without arguments", failure);
        }
    }

    /** What a plugin's constructor itself reported goes to the user as it is; the rest is the plugin's fault. */
    private PlumblineException failed(Collection<Message> messages, RuntimeException failure) {
        for (Message message : messages) {
            for (Throwable at = message.getCause(); at != null; at = at.getCause()) {
                if (at instanceof PlumblineException clear) {
                    return clear;
                }
            }
        }
        Message first = messages.iterator().next();
        @Nullable Throwable cause = first.getCause();
        return failed(cause == null ? first.getMessage() : cause.toString(), failure);
    }

    private PlumblineException failed(String why, Throwable cause) {
        return PlumblineException.of(StandardError.PLUGIN_CREATION)
                .asked(description + " cannot be created: " + why)
                .remedy("tell the plugin's author")
                .cause(cause)
                .build();
    }
}
