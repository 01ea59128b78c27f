package org.plumbline.kernel.report;

import java.util.ArrayList;
import java.util.List;

/** A table whose first column names a trial and whose other cells are short. Wide ones scroll by themselves on a phone. */
final class Table {
    private final List<String> heads;
    private final List<Row> rows = new ArrayList<>();

    private record Row(int index, String label, List<Cell> cells) {}

    /**
     * A cell.
     *
     * @param text what it shows
     * @param strong whether it stands out, as the best of its column
     */
    record Cell(String text, boolean strong) {
        static Cell of(Object text) {
            return new Cell(text.toString(), false);
        }
    }

    /** A table with these column titles, the first one above the trials. */
    Table(List<String> heads) {
        this.heads = heads;
    }

    void row(int index, String label, List<Cell> cells) {
        rows.add(new Row(index, label, cells));
    }

    void write(Markup page) {
        page.open("div", "class", "scroll").open("table").open("thead").open("tr");
        heads.forEach(head -> page.leaf("th", head, "scope", "col"));
        page.close().close().open("tbody");
        for (Row row : rows) {
            page.open("tr", "class", "t t" + row.index());
            page.open("th", "scope", "row");
            Marker.swatch(page, row.index());
            page.text(" " + row.label()).close();
            for (Cell cell : row.cells()) {
                page.leaf("td", cell.text(), "class", cell.strong() ? "strong" : "plain");
            }
            page.close();
        }
        page.close().close().close();
    }
}
