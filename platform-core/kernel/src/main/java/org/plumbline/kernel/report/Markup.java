package org.plumbline.kernel.report;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Set;

/** Writes HTML and SVG. Every text and attribute is escaped; elements are closed in the order they were opened. */
final class Markup {
    private static final Set<String> VOID = Set.of("meta", "img", "br", "col", "circle", "line", "path", "rect");

    private final StringBuilder out = new StringBuilder();
    private final Deque<String> opened = new ArrayDeque<>();

    /** Opens an element. {@code attributes} are names and values in turn; numbers are written with one decimal. */
    Markup open(String element, Object... attributes) {
        start(element, attributes);
        out.append('>');
        opened.push(element);
        return this;
    }

    /** An element without content. */
    Markup empty(String element, Object... attributes) {
        start(element, attributes);
        out.append(VOID.contains(element) ? "/>" : "></" + element + ">");
        return this;
    }

    /** An element that holds only text. */
    Markup leaf(String element, String text, Object... attributes) {
        return open(element, attributes).text(text).close();
    }

    Markup text(String text) {
        out.append(escaped(text));
        return this;
    }

    /** Content that is markup already: style sheets, scripts, another writer's result. */
    Markup raw(String markup) {
        out.append(markup);
        return this;
    }

    Markup close() {
        out.append("</").append(opened.pop()).append('>');
        if (opened.size() < 4) {
            out.append('\n');
        }
        return this;
    }

    @Override
    public String toString() {
        if (!opened.isEmpty()) {
            throw new IllegalStateException("not closed: " + opened);
        }
        return out.toString();
    }

    private void start(String element, Object... attributes) {
        out.append('<').append(element);
        for (int i = 0; i < attributes.length; i += 2) {
            Object value = attributes[i + 1];
            String text = value instanceof Double number
                    ? String.format(Locale.ROOT, "%.1f", number).replaceAll("\\.0$", "")
                    : value.toString();
            out.append(' ')
                    .append(attributes[i])
                    .append("=\"")
                    .append(escaped(text))
                    .append('"');
        }
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
