package org.plumbline.runtime;

import com.google.inject.Module;
import jakarta.inject.Inject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.toolkit.settings.SettingsBinder;

/**
 * A plugin class that was read and found in order.
 *
 * @param type the class
 * @param annotation what it says of itself
 * @param role the one role it implements
 * @param binder reads its configuration
 * @param modules Guice modules it names
 */
record PluginClass(
        Class<?> type,
        Plugin annotation,
        PluginRole role,
        SettingsBinder<?> binder,
        List<Class<? extends Module>> modules) {
    /** A plugin class that cannot be used, and the chain of reasons. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        private final @Nullable String id;
        private final transient List<String> reasons;

        private Refused(@Nullable String id, List<String> reasons) {
            super(String.join(": ", reasons));
            this.id = id;
            this.reasons = reasons;
        }

        /** The plugin's id, if it could be read. */
        @Nullable
        String id() {
            return id;
        }

        List<String> reasons() {
            return reasons;
        }
    }

    private static final Pattern ID = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*(\\.[a-z0-9]+(-[a-z0-9]+)*)*");

    /** Loads and checks a class of a resolved bundle. */
    static PluginClass read(Bundle bundle, String name) throws Refused {
        String id = null;
        try {
            Class<?> type = bundle.loadClass(name);
            Plugin annotation = type.getAnnotation(Plugin.class);
            if (annotation == null) {
                throw new Refused(
                        null, List.of("class " + name + " is listed as a plugin but is not annotated @Plugin"));
            }
            id = annotation.id();
            check(
                    ID.matcher(id).matches(),
                    id,
                    "the id '" + id + "' is not lower-case letters, digits and dashes, with"
                            + " dots between the parts of a domain name");
            PluginRole role = role(type, id);
            check(!Modifier.isAbstract(type.getModifiers()), id, "class " + name + " is abstract");
            check(
                    Arrays.stream(type.getDeclaredConstructors()).anyMatch(PluginClass::injectable),
                    id,
                    "class " + name
                            + " has neither a constructor marked @jakarta.inject.Inject nor one without arguments");
            return new PluginClass(
                    type, annotation, role, SettingsBinder.of(annotation.configuration()), modules(annotation, id));
        } catch (PlumblineException unusable) {
            throw new Refused(id, List.of(unusable.getMessage()));
        } catch (ClassNotFoundException | LinkageError | TypeNotPresentException missing) {
            throw new Refused(id, chain("class " + name + " cannot be loaded", missing));
        }
    }

    private static PluginRole role(Class<?> type, String id) throws Refused {
        var role = PluginRole.of(type);
        if (role.isPresent()) {
            return role.get();
        }
        String several = Arrays.stream(PluginRole.values())
                .filter(one -> one.type().isAssignableFrom(type))
                .map(PluginRole::title)
                .collect(Collectors.joining(" and "));
        String roles = Arrays.stream(PluginRole.values())
                .map(one -> one.type().getSimpleName())
                .collect(Collectors.joining(", "));
        throw new Refused(
                id,
                List.of(
                        several.isEmpty()
                                ? "class " + type.getName() + " implements no role"
                                : "class " + type.getName() + " implements several roles, " + several,
                        "a plugin implements exactly one of " + roles));
    }

    private static boolean injectable(Constructor<?> constructor) {
        return constructor.isAnnotationPresent(Inject.class)
                || constructor.isAnnotationPresent(com.google.inject.Inject.class)
                || (constructor.getParameterCount() == 0 && !Modifier.isPrivate(constructor.getModifiers()));
    }

    private static List<Class<? extends Module>> modules(Plugin annotation, String id) throws Refused {
        List<Class<? extends Module>> modules = new ArrayList<>();
        for (Class<?> module : annotation.modules()) {
            check(
                    Module.class.isAssignableFrom(module),
                    id,
                    module.getName() + " is named as a module but is no Guice module");
            modules.add(module.asSubclass(Module.class));
        }
        return List.copyOf(modules);
    }

    private static void check(boolean fine, String id, String otherwise) throws Refused {
        if (!fine) {
            throw new Refused(id, List.of(otherwise));
        }
    }

    private static List<String> chain(String outermost, Throwable cause) {
        List<String> reasons = new ArrayList<>(List.of(outermost));
        for (Throwable at = cause; at != null && reasons.size() < 10; at = at.getCause()) {
            String reason = at instanceof NoClassDefFoundError || at instanceof ClassNotFoundException
                    ? "missing " + String.valueOf(at.getMessage()).replace('/', '.')
                    : at.toString();
            if (!reasons.contains(reason)) {
                reasons.add(reason);
            }
        }
        return reasons;
    }
}
