package org.plumbline.toolkit.settings;

import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A type whose values are single words or numbers. Numbers may come as text, because YAML takes {@code 1e-3} for a string.
 *
 * @param name how messages call it
 * @param holds the Java type of the values
 * @param reader turns what the user wrote into a value, or null if it is not one
 * @param writer turns a value into what the user would have written
 */
record ScalarType(String name, Class<?> holds, Reader reader, Writer writer) {
    interface Reader {
        @Nullable
        Object read(Object written);
    }

    interface Writer {
        Object write(Object value);
    }

    /** The scalar for a Java type, if it is one. */
    static Optional<ScalarType> of(Class<?> type) {
        if (type == int.class || type == Integer.class) {
            return Optional.of(new ScalarType("a whole number", Integer.class, ScalarType::wholeInt, value -> value));
        }
        if (type == long.class || type == Long.class) {
            return Optional.of(new ScalarType("a whole number", Long.class, ScalarType::wholeLong, value -> value));
        }
        if (type == double.class || type == Double.class) {
            return Optional.of(new ScalarType("a number", Double.class, ScalarType::real, value -> value));
        }
        if (type == boolean.class || type == Boolean.class) {
            return Optional.of(new ScalarType("true or false", Boolean.class, ScalarType::truth, value -> value));
        }
        if (type == String.class) {
            return Optional.of(new ScalarType("text", String.class, ScalarType::text, value -> value));
        }
        if (type == Path.class) {
            return Optional.of(new ScalarType("a path", Path.class, ScalarType::path, Object::toString));
        }
        if (type.isEnum()) {
            return Optional.of(ofEnum(type));
        }
        return Optional.empty();
    }

    private static ScalarType ofEnum(Class<?> type) {
        Object[] constants = type.getEnumConstants();
        String names = Arrays.stream(constants).map(ScalarType::enumName).collect(Collectors.joining(", "));
        return new ScalarType(
                "one of " + names,
                type,
                written -> Arrays.stream(constants)
                        .filter(constant -> enumName(constant).equals(written))
                        .findFirst()
                        .orElse(null),
                ScalarType::enumName);
    }

    private static String enumName(Object constant) {
        return Spelling.kebab(((Enum<?>) constant).name());
    }

    private static @Nullable Object wholeInt(Object written) {
        try {
            BigDecimal number = number(written);
            return number == null ? null : number.intValueExact();
        } catch (ArithmeticException fractionOrTooLarge) {
            return null;
        }
    }

    private static @Nullable Object wholeLong(Object written) {
        try {
            BigDecimal number = number(written);
            return number == null ? null : number.longValueExact();
        } catch (ArithmeticException fractionOrTooLarge) {
            return null;
        }
    }

    private static @Nullable Object real(Object written) {
        BigDecimal number = number(written);
        return number == null || Double.isInfinite(number.doubleValue()) ? null : number.doubleValue();
    }

    /** Null for what is no finite decimal number. */
    private static @Nullable BigDecimal number(Object written) {
        if (!(written instanceof Number || written instanceof String)) {
            return null;
        }
        try {
            return new BigDecimal(written.toString().strip());
        } catch (NumberFormatException notFiniteOrNoNumber) {
            return null;
        }
    }

    private static @Nullable Object truth(Object written) {
        return switch (written.toString()) {
            case "true" -> true;
            case "false" -> false;
            default -> null;
        };
    }

    private static @Nullable Object text(Object written) {
        return written instanceof String || written instanceof Number || written instanceof Boolean
                ? written.toString()
                : null;
    }

    private static @Nullable Object path(Object written) {
        try {
            return written instanceof Path || written instanceof String ? Path.of(written.toString()) : null;
        } catch (InvalidPathException impossible) {
            return null;
        }
    }
}
