package org.plumbline.spi.plugin;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Capability;

/** Marks a class as a plugin. See the package description. */
// Written into the manifest by the build, so that the id is known even where the class cannot be loaded.
@Capability(
        namespace = "org.plumbline.plugin",
        attribute = {"id=${#id}", "class=${@class}"})
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Plugin {
    /** The id by which users ask for it; unique within its role. Lower case, digits, dashes; dots for foreign ids. */
    String id();

    /** One line for listings. */
    String description();

    /** The record that holds its configuration. */
    Class<? extends Record> configuration() default NoSettings.class;

    /** Guice modules with a constructor without arguments, for plugins with more than one class to wire. */
    Class<?>[] modules() default {};

    /** The configuration of a plugin that has none. */
    record NoSettings() {}
}
