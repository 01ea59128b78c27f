package org.plumbline.kernel.plugin;

/**
 * A plugin that cannot be used, and why; for {@code plumbline why}.
 *
 * @param what the plugin's id if it is known, else the class, jar or bundle
 * @param reasons from the outermost to the innermost cause, each a sentence
 */
public record Unavailable(String what, java.util.List<String> reasons) {
    public Unavailable {
        reasons = java.util.List.copyOf(reasons);
    }
}
