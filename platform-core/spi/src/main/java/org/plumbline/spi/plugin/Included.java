package org.plumbline.spi.plugin;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says of a component of a configuration record, in place of {@link Setting}, that it is a record whose settings several
 * plugins have: the user writes them beside the others, not in a section of their own, and the component's name is not a
 * key. Such a component is never null. No two settings may have the same key.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Included {}
