package org.plumbline.spi.plugin;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes one component of a configuration record. The user's key is the component's name in kebab case.
 *
 * <p>Components may be of type int, long, double, boolean, String, an enum (written in kebab case by the user), Path, a
 * List of one of these, or another such record; a {@code @Nullable} component without a default is null when absent.
 * Another such record is a section of its own, unless it is {@link Included}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
    /** What it means and, for a quantity, its unit. */
    String description();

    /** The default as the user would write it; empty: the setting is required, or null if it is nullable. */
    String defaultValue() default "";

    /** Smallest allowed number. */
    double min() default Double.NEGATIVE_INFINITY;

    /** Largest allowed number. */
    double max() default Double.POSITIVE_INFINITY;
}
