/**
 * The plugin {@code example}: one class, which is all that a plugin needs. plugins/README.md walks through it.
 */
@NullMarked
package org.plumbline.plugins.example.estimator;

import org.jspecify.annotations.NullMarked;
