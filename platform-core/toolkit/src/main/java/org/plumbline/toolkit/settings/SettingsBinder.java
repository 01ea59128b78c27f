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
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * Binds a user's settings to one configuration record. Immutable and thread-safe.
 *
 * @param <R> the record
 */
public final class SettingsBinder<R extends Record> {
    private final Class<R> type;
    private final Constructor<R> constructor;
    private final List<SettingsComponent> components;
    private final List<String> keys;

    private SettingsBinder(Class<R> type) {
        this.type = type;
        this.components = Arrays.stream(type.getRecordComponents())
                .map(SettingsComponent::of)
                .toList();
        this.keys = components.stream()
                .flatMap(component -> component.keys().stream())
                .toList();
        if (Set.copyOf(keys).size() < keys.size()) {
            throw broken(type, "two of its settings have the same key: " + keys, null);
        }
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
        components.forEach(component -> component.describe(all));
        return all;
    }

    /** The record as the user could have written it, with every value: binding the result gives an equal record. */
    public Map<String, Object> unbind(R configuration) {
        Map<String, Object> settings = new LinkedHashMap<>();
        for (SettingsComponent component : components) {
            component.write(value(component, configuration), settings);
        }
        return Collections.unmodifiableMap(settings);
    }

    Class<R> type() {
        return type;
    }

    List<String> keys() {
        return keys;
    }

    R bind(Map<?, ?> settings, Place at) {
        refuseUnknownKeys(settings, at);
        return bindKnown(settings, at);
    }

    /** Reads its own keys and leaves the others alone. */
    R bindKnown(Map<?, ?> settings, Place at) {
        Object[] values = components.stream()
                .map(component -> component.read(settings, at))
                .toArray();
        return construct(values, at);
    }

    private void refuseUnknownKeys(Map<?, ?> settings, Place at) {
        List<String> unknown = settings.keySet().stream()
                .map(String::valueOf)
                .filter(key -> !keys.contains(key))
                .toList();
        if (unknown.isEmpty()) {
            return;
        }
        String asked = unknown.stream().map(key -> "'" + at.keyOf(key) + "'").collect(Collectors.joining(", "));
        String guesses = unknown.stream()
                .flatMap(key -> Spelling.nearest(key, keys).stream())
                .map(key -> "'" + at.keyOf(key) + "'")
                .distinct()
                .collect(Collectors.joining(", "));
        throw PlumblineException.of(StandardError.UNKNOWN_KEY)
                .asked(at.asker() + " has no setting " + asked
                        + (guesses.isEmpty() ? "" : "; did you mean " + guesses + "?"))
                .available(keys.isEmpty() ? "no settings at all" : String.join(", ", new TreeSet<>(keys)))
                .remedy("correct the key, or remove it")
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

    private @Nullable Object value(SettingsComponent component, R configuration) {
        try {
            var accessor = component.component().getAccessor();
            accessor.setAccessible(true);
            return accessor.invoke(configuration);
        } catch (ReflectiveOperationException failure) {
            throw broken(type, "'" + component.component().getName() + "' cannot be read", failure);
        }
    }

    static PlumblineException broken(Class<?> record, String what, @Nullable Throwable cause) {
        var failure = PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                .asked("configuration record " + record.getName() + ": " + what)
                .remedy("tell the plugin's author");
        return cause == null ? failure.build() : failure.cause(cause).build();
    }
}
