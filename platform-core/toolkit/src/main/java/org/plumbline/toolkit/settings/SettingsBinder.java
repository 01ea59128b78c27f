package org.plumbline.toolkit.settings;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Setting;

/**
 * Binds a user's settings to one configuration record. Immutable and thread-safe.
 *
 * @param <R> the record
 */
public final class SettingsBinder<R extends Record> {
    /**
     * One component of the record.
     *
     * @param defaultValue what to read when the key is absent; null if there is nothing
     */
    private record Component(
            String key,
            SettingType type,
            boolean nullable,
            @Nullable Object defaultValue,
            Setting setting,
            RecordComponent component) {
        /** The default as the user would write it. */
        @Nullable
        String defaultText() {
            return setting.defaultValue().isEmpty() ? null : setting.defaultValue();
        }
    }

    private final Class<R> type;
    private final Constructor<R> constructor;
    private final List<Component> components;

    private SettingsBinder(Class<R> type) {
        this.type = type;
        this.components = Arrays.stream(type.getRecordComponents())
                .map(SettingsBinder::component)
                .toList();
        Class<?>[] parameters = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            this.constructor = type.getDeclaredConstructor(parameters);
        } catch (NoSuchMethodException everyRecordHasOne) {
            throw new AssertionError(everyRecordHasOne);
        }
        // Records of plugins are rarely public.
        constructor.setAccessible(true);
    }

    /**
     * The binder for a record.
     *
     * @throws PlumblineException {@link StandardError#PLUGIN_CONTRACT} if a component lacks its {@link Setting}, has a
     *     type that cannot be bound, or a default that is not allowed
     */
    public static <R extends Record> SettingsBinder<R> of(Class<R> type) {
        return new SettingsBinder<>(type);
    }

    /**
     * Reads settings into the record.
     *
     * @param settings what the user wrote, by kebab-case key: scalars, lists and maps as YAML gives them
     * @param asker whose settings they are, for messages, for example {@code estimator 'rlr'}
     * @throws PlumblineException {@link StandardError#UNKNOWN_KEY}, {@link StandardError#MISSING_KEY} or
     *     {@link StandardError#BAD_VALUE}; also what the record's own constructor refuses
     */
    public R bind(Map<String, ?> settings, String asker) {
        return bind(settings, new Place(asker, "", null));
    }

    /** The settings in the order of the record, nested ones in the place of their section. */
    public List<SettingDescription> describe() {
        List<SettingDescription> all = new ArrayList<>();
        components.forEach(component -> describe(component, component.key, component.type, all));
        return all;
    }

    /** The record as the user could have written it, with every value: binding the result gives an equal record. */
    public Map<String, Object> unbind(R configuration) {
        Map<String, Object> settings = new LinkedHashMap<>();
        for (Component component : components) {
            Object value = value(component, configuration);
            settings.put(component.key, value == null ? null : component.type.write(value));
        }
        return Collections.unmodifiableMap(settings);
    }

    Class<R> type() {
        return type;
    }

    List<String> keys() {
        return components.stream().map(Component::key).toList();
    }

    R bind(Map<?, ?> settings, Place at) {
        refuseUnknownKeys(settings, at);
        Object[] values = components.stream()
                .map(component -> read(component, settings, at.child(component.key, component.defaultText())))
                .toArray();
        return construct(values, at);
    }

    // ---- reading

    private void refuseUnknownKeys(Map<?, ?> settings, Place at) {
        List<String> known = keys();
        List<String> unknown = settings.keySet().stream()
                .map(String::valueOf)
                .filter(key -> !known.contains(key))
                .toList();
        if (unknown.isEmpty()) {
            return;
        }
        String asked = unknown.stream().map(key -> "'" + at.keyOf(key) + "'").collect(Collectors.joining(", "));
        String guesses = unknown.stream()
                .flatMap(key -> Spelling.nearest(key, known).stream())
                .map(key -> "'" + at.keyOf(key) + "'")
                .distinct()
                .collect(Collectors.joining(", "));
        throw PlumblineException.of(StandardError.UNKNOWN_KEY)
                .asked(at.asker() + " has no setting " + asked
                        + (guesses.isEmpty() ? "" : "; did you mean " + guesses + "?"))
                .available(known.isEmpty() ? "no settings at all" : String.join(", ", new TreeSet<>(known)))
                .remedy("correct the key, or remove it")
                .build();
    }

    private static @Nullable Object read(Component component, Map<?, ?> settings, Place at) {
        if (settings.containsKey(component.key)) {
            Object written = settings.get(component.key);
            if (written != null) {
                return component.type.read(written, at);
            }
            if (component.nullable) {
                return null;
            }
            throw at.badValue("nothing", component.type.allowed());
        }
        if (component.defaultValue != null) {
            return component.type.read(component.defaultValue, at);
        }
        if (component.nullable) {
            return null;
        }
        throw PlumblineException.of(StandardError.MISSING_KEY)
                .asked(at.asker() + " needs the setting '" + at.key() + "': " + component.setting.description())
                .available(component.type.allowed())
                .remedy("add '" + at.key() + "'")
                .build();
    }

    private R construct(@Nullable Object[] values, Place at) {
        try {
            return constructor.newInstance(values);
        } catch (InvocationTargetException refusal) {
            if (refusal.getCause() instanceof PlumblineException clear) {
                throw clear;
            }
            if (refusal.getCause() instanceof IllegalArgumentException invalid) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked(at.asker() + (at.key().isEmpty() ? "" : ", section '" + at.key() + "'") + ": "
                                + invalid.getMessage())
                        .remedy("correct the values")
                        .cause(invalid)
                        .build();
            }
            throw broken(type, "its constructor failed", refusal.getCause());
        } catch (ReflectiveOperationException impossible) {
            throw broken(type, "its constructor cannot be called", impossible);
        }
    }

    private @Nullable Object value(Component component, R configuration) {
        try {
            var accessor = component.component.getAccessor();
            accessor.setAccessible(true);
            return accessor.invoke(configuration);
        } catch (ReflectiveOperationException failure) {
            throw broken(type, "'" + component.key + "' cannot be read", failure);
        }
    }

    // ---- what the record says of itself

    private static Component component(RecordComponent component) {
        String key = Spelling.kebab(component.getName());
        Class<?> record = component.getDeclaringRecord();
        Setting setting = component.getAnnotation(Setting.class);
        if (setting == null) {
            throw broken(record, "component '" + component.getName() + "' has no @Setting", null);
        }
        boolean nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
        if (nullable && component.getType().isPrimitive()) {
            throw broken(
                    record, "component '" + component.getName() + "' is nullable, but its type cannot be null", null);
        }
        try {
            SettingType type =
                    SettingType.of(component.getGenericType(), new SettingType.Range(setting.min(), setting.max()));
            Object defaultValue = defaultValue(setting, type, nullable);
            if (defaultValue != null && !(type instanceof SettingType.Nested<?>)) {
                type.read(defaultValue, new Place("the default", key, null));
            }
            return new Component(key, type, nullable, defaultValue, setting, component);
        } catch (IllegalArgumentException | PlumblineException misfit) {
            throw broken(record, "component '" + component.getName() + "': " + misfit.getMessage(), misfit);
        }
    }

    private static @Nullable Object defaultValue(Setting setting, SettingType type, boolean nullable) {
        String text = setting.defaultValue();
        if (type instanceof SettingType.Nested<?>) {
            if (!text.isEmpty()) {
                throw new IllegalArgumentException("a nested record has its defaults on its own components");
            }
            // A section that is left out holds the defaults of its components.
            return nullable ? null : Map.of();
        }
        if (text.isEmpty()) {
            return null;
        }
        if (type instanceof SettingType.Many) {
            String inner = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
            return inner.isBlank()
                    ? List.of()
                    : Arrays.stream(inner.split(",", -1)).map(String::strip).toList();
        }
        return text;
    }

    private static void describe(Component component, String key, SettingType type, List<SettingDescription> all) {
        if (type instanceof SettingType.Nested<?> nested) {
            for (SettingDescription inner : nested.binder().describe()) {
                all.add(new SettingDescription(
                        key + "." + inner.key(),
                        inner.type(),
                        inner.defaultValue(),
                        inner.required(),
                        inner.range(),
                        inner.description()));
            }
        } else if (type instanceof SettingType.Many many && many.element() instanceof SettingType.Nested<?> nested) {
            describe(component, key + "[]", nested, all);
        } else {
            all.add(new SettingDescription(
                    key,
                    type.name(),
                    component.defaultText(),
                    component.defaultValue == null && !component.nullable,
                    type.range(),
                    component.setting.description()));
        }
    }

    private static PlumblineException broken(Class<?> record, String what, @Nullable Throwable cause) {
        var failure = PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                .asked("configuration record " + record.getName() + ": " + what)
                .remedy("tell the plugin's author");
        return cause == null ? failure.build() : failure.cause(cause).build();
    }
}
