package org.plumbline.spi.provenance;

/**
 * A work to cite when a plugin was used.
 *
 * @param key a short key, for example {@code black2023ddpo}
 * @param authors as printed in a reference list
 * @param title title of the work
 * @param year year of publication
 * @param where journal, conference or archive number
 */
public record Citation(String key, String authors, String title, int year, String where) {
    /** One line for a reference list. */
    public String text() {
        return authors + ": " + title + ". " + where + ", " + year + ".";
    }
}
