package org.plumbline.toolkit.settings;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;

/** What one setting may hold: a scalar with its range, a list, or a nested record. */
sealed interface SettingType {
    /** What to write there, for example {@code a whole number}. */
    String name();

    /** The allowed numbers, or null if the type has no range. */
    @Nullable
    String range();

    /** The type with its range, for messages. */
    default String allowed() {
        String range = range();
        return range == null ? name() : name() + ", " + range;
    }

    /**
     * Turns what the user wrote into a value.
     *
     * @throws PlumblineException if it does not fit
     */
    Object read(Object written, Place at);

    /** Turns a value into what the user would have written. */
    Object write(Object value);

    /**
     * The type of a record component.
     *
     * @throws IllegalArgumentException if there is none for it
     */
    static SettingType of(Type type, Range range) {
        if (type instanceof ParameterizedType generic && generic.getRawType() == List.class) {
            return new Many(of(generic.getActualTypeArguments()[0], range));
        }
        if (type instanceof ParameterizedType generic && generic.getRawType() == Map.class) {
            return new Open();
        }
        if (type instanceof Class<?> plain && plain.isRecord()) {
            return new Nested<>(SettingsBinder.of(plain.asSubclass(Record.class)));
        }
        if (type instanceof Class<?> plain) {
            var scalar = ScalarType.of(plain);
            if (scalar.isPresent()) {
                if (range.text() != null
                        && !Number.class.isAssignableFrom(scalar.get().holds())) {
                    throw new IllegalArgumentException("min and max are for numbers");
                }
                return new One(scalar.get(), range);
            }
        }
        throw new IllegalArgumentException(
                "type " + type.getTypeName()
                        + " is none of int, long, double, boolean, String, Path, an enum, a record, a Map from String to Object, or a List of one of these");
    }

    /** Allowed numbers, both ends included. */
    record Range(double min, double max) {
        boolean contains(Object value) {
            return !(value instanceof Number number) || (number.doubleValue() >= min && number.doubleValue() <= max);
        }

        @Nullable
        String text() {
            boolean below = min != Double.NEGATIVE_INFINITY;
            boolean above = max != Double.POSITIVE_INFINITY;
            if (below && above) {
                return plain(min) + " to " + plain(max);
            }
            return below ? "at least " + plain(min) : above ? "at most " + plain(max) : null;
        }

        private static String plain(double number) {
            return number == Math.rint(number) && Math.abs(number) < 1e15
                    ? Long.toString((long) number)
                    : Double.toString(number);
        }
    }

    /** A word or number. */
    record One(ScalarType scalar, Range bounds) implements SettingType {
        @Override
        public String name() {
            return scalar.name();
        }

        @Override
        public @Nullable String range() {
            return bounds.text();
        }

        @Override
        public Object read(Object written, Place at) {
            Object value = scalar.reader().read(written);
            if (value == null || !bounds.contains(value)) {
                throw at.badValue(written, allowed());
            }
            return value;
        }

        @Override
        public Object write(Object value) {
            return scalar.writer().write(value);
        }
    }

    /** Several of one type. A default is written with commas: {@code 1, 2, 3}, or {@code []} for none. */
    record Many(SettingType element) implements SettingType {
        @Override
        public String name() {
            return "a list, each " + element.name();
        }

        @Override
        public @Nullable String range() {
            return element.range();
        }

        @Override
        public Object read(Object written, Place at) {
            // A list of sections with one section may be written without the list.
            Object list = written instanceof Map<?, ?> ? List.of(written) : written;
            if (!(list instanceof List<?> items)) {
                throw at.badValue(written, allowed());
            }
            List<Object> values = new ArrayList<>();
            for (int i = 0; i < items.size(); i++) {
                Object item = items.get(i);
                values.add(element.read(item == null ? "" : item, at.element(i)));
            }
            return List.copyOf(values);
        }

        @Override
        public Object write(Object value) {
            return ((List<?>) value).stream().map(element::write).toList();
        }
    }

    /** A section of its own. */
    record Nested<R extends Record>(SettingsBinder<R> binder) implements SettingType {
        @Override
        public String name() {
            return "a section with the keys " + String.join(", ", binder.keys());
        }

        @Override
        public @Nullable String range() {
            return null;
        }

        @Override
        public Object read(Object written, Place at) {
            if (!(written instanceof Map<?, ?> section)) {
                throw at.badValue(written, name());
            }
            return binder.bind(section, at);
        }

        @Override
        public Object write(Object value) {
            return binder.unbind(binder.type().cast(value));
        }
    }

    /** A section whose keys somebody else knows, such as the settings of a plugin; taken as it is. */
    record Open() implements SettingType {
        @Override
        public String name() {
            return "a section";
        }

        @Override
        public @Nullable String range() {
            return null;
        }

        @Override
        public Object read(Object written, Place at) {
            if (!(written instanceof Map<?, ?> section)) {
                throw at.badValue(written, name());
            }
            Map<String, @Nullable Object> settings = new LinkedHashMap<>();
            section.forEach((key, value) -> settings.put(String.valueOf(key), value));
            return Collections.unmodifiableMap(settings);
        }

        @Override
        public Object write(Object value) {
            return value;
        }
    }
}
