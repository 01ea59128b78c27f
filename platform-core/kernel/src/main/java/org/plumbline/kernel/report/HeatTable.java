package org.plumbline.kernel.report;

import java.util.List;
import java.util.Locale;

/**
 * Numbers with a shade behind them.
 *
 * @param corner title of the first column
 * @param columns titles of the others
 * @param rows one per line
 */
record HeatTable(String corner, List<String> columns, List<Row> rows) {
    private static final double DARKEST = 0.55;

    /** A line: its title and its cells. */
    record Row(String title, List<Cell> cells) {}

    /**
     * A cell.
     *
     * @param text what it shows
     * @param heat how strongly it is shaded, 0 to 1
     */
    record Cell(String text, double heat) {}

    void write(Markup page) {
        page.open("div", "class", "scroll").open("table").open("thead").open("tr");
        page.leaf("th", corner, "scope", "col");
        columns.forEach(column -> page.leaf("th", column, "scope", "col"));
        page.close().close().open("tbody");
        for (Row row : rows) {
            page.open("tr").leaf("th", row.title(), "scope", "row");
            for (Cell cell : row.cells()) {
                double opacity = DARKEST * Math.min(1, Math.max(0, Double.isFinite(cell.heat()) ? cell.heat() : 0));
                page.leaf(
                        "td",
                        cell.text(),
                        "class",
                        "heat",
                        "style",
                        String.format(Locale.ROOT, "background: rgb(210 122 27 / %.3f)", opacity));
            }
            page.close();
        }
        page.close().close().close();
    }
}
