package org.plumbline.toolkit.settings;

import org.jspecify.annotations.Nullable;

/**
 * One setting as a user sees it.
 *
 * @param key the key in kebab case; keys of nested records are joined by dots, {@code []} marks elements of a list
 * @param type what is written there, for example {@code whole number} or {@code one of exact, tiled-ho}
 * @param defaultValue the value that holds when the key is absent, as the user would write it; null if there is none
 * @param required true if the key must be there
 * @param range the allowed numbers, for example {@code 1 to 8} or {@code at least 0}; null if all are
 * @param description what it means and, for a quantity, its unit
 */
public record SettingDescription(
        String key,
        String type,
        @Nullable String defaultValue,
        boolean required,
        @Nullable String range,
        String description) {}
