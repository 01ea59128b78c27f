package org.plumbline.toolkit.settings;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Included;
import org.plumbline.spi.plugin.Setting;

/** What one component of a configuration record is to the user: a setting, or several that the record includes. */
sealed interface SettingsComponent {
    /** The component of the record. */
    RecordComponent component();

    /** The keys it reads. */
    List<String> keys();

    /** Its value, from the section at a place. */
    @Nullable
    Object read(Map<?, ?> section, Place at);

    /** Puts its value into a section as the user could have written it. */
    void write(@Nullable Object value, Map<String, @Nullable Object> section);

    /** Adds what the user should know. */
    void describe(List<SettingDescription> all);

    /**
     * What a component is.
     *
     * @throws PlumblineException {@link StandardError#PLUGIN_CONTRACT} if it is nothing
     */
    static SettingsComponent of(RecordComponent component) {
        Setting setting = component.getAnnotation(Setting.class);
        boolean included = component.isAnnotationPresent(Included.class);
        boolean nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
        if (included) {
            if (setting != null || nullable || !component.getType().isRecord()) {
                throw broken(component, "is @Included and so must be a record, not nullable, without @Setting", null);
            }
            return new Group<>(SettingsBinder.of(component.getType().asSubclass(Record.class)), component);
        }
        if (setting == null) {
            throw broken(component, "has no @Setting", null);
        }
        if (nullable && component.getType().isPrimitive()) {
            throw broken(component, "is nullable, but its type cannot be null", null);
        }
        return One.of(component, setting, nullable);
    }

    private static PlumblineException broken(RecordComponent component, String what, @Nullable Throwable cause) {
        return SettingsBinder.broken(
                component.getDeclaringRecord(), "component '" + component.getName() + "' " + what, cause);
    }

    /**
     * A setting.
     *
     * @param defaultValue what to read when the key is absent; null if there is nothing
     */
    record One(
            String key,
            SettingType type,
            boolean nullable,
            @Nullable Object defaultValue,
            Setting setting,
            RecordComponent component)
            implements SettingsComponent {
        private static One of(RecordComponent component, Setting setting, boolean nullable) {
            String key = Spelling.kebab(component.getName());
            try {
                SettingType type =
                        SettingType.of(component.getGenericType(), new SettingType.Range(setting.min(), setting.max()));
                Object defaultValue = defaultValue(setting, type, nullable);
                if (defaultValue != null && !(type instanceof SettingType.Nested<?>)) {
                    type.read(defaultValue, new Place("the default", key, null));
                }
                return new One(key, type, nullable, defaultValue, setting, component);
            } catch (IllegalArgumentException | PlumblineException misfit) {
                throw broken(component, "cannot be a setting: " + misfit.getMessage(), misfit);
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

        @Override
        public List<String> keys() {
            return List.of(key);
        }

        @Override
        public @Nullable Object read(Map<?, ?> section, Place place) {
            Place at = place.child(key, defaultText());
            if (section.containsKey(key)) {
                Object written = section.get(key);
                if (written != null) {
                    return type.read(written, at);
                }
                if (nullable) {
                    return null;
                }
                throw at.badValue("nothing", type.allowed());
            }
            if (defaultValue != null) {
                return type.read(defaultValue, at);
            }
            if (nullable) {
                return null;
            }
            throw PlumblineException.of(StandardError.MISSING_KEY)
                    .asked(at.asker() + " needs the setting '" + at.key() + "': " + setting.description())
                    .available(type.allowed())
                    .remedy("add '" + at.key() + "'")
                    .build();
        }

        @Override
        public void write(@Nullable Object value, Map<String, @Nullable Object> section) {
            section.put(key, value == null ? null : type.write(value));
        }

        @Override
        public void describe(List<SettingDescription> all) {
            describe(key, type, all);
        }

        private void describe(String path, SettingType at, List<SettingDescription> all) {
            if (at instanceof SettingType.Nested<?> nested) {
                for (SettingDescription inner : nested.binder().describe()) {
                    all.add(new SettingDescription(
                            path + "." + inner.key(),
                            inner.type(),
                            inner.defaultValue(),
                            inner.required(),
                            inner.range(),
                            inner.description()));
                }
            } else if (at instanceof SettingType.Many many && many.element() instanceof SettingType.Nested<?> nested) {
                describe(path + "[]", nested, all);
            } else {
                boolean required = defaultValue == null && !nullable;
                all.add(new SettingDescription(
                        path, at.name(), defaultText(), required, at.range(), setting.description()));
            }
        }

        /** The default as the user would write it. */
        private @Nullable String defaultText() {
            return setting.defaultValue().isEmpty() ? null : setting.defaultValue();
        }
    }

    /** A record whose settings stand beside the others. */
    record Group<R extends Record>(SettingsBinder<R> binder, RecordComponent component) implements SettingsComponent {
        @Override
        public List<String> keys() {
            return binder.keys();
        }

        @Override
        public Object read(Map<?, ?> section, Place at) {
            return binder.bindKnown(section, at);
        }

        @Override
        public void write(@Nullable Object value, Map<String, @Nullable Object> section) {
            section.putAll(binder.unbind(binder.type().cast(Objects.requireNonNull(value, component.getName()))));
        }

        @Override
        public void describe(List<SettingDescription> all) {
            all.addAll(binder.describe());
        }
    }
}
