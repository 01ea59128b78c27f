package org.plumbline.launcher.console;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Text in columns that are as wide as they need to be; empty columns are left out. */
public final class Table {
    private final List<String[]> rows = new ArrayList<>();

    /** A table with these column titles. */
    public Table(String... titles) {
        rows.add(titles.clone());
    }

    /** Adds a row with as many cells as there are titles. */
    public void row(String... cells) {
        if (cells.length != rows.get(0).length) {
            throw new IllegalArgumentException(cells.length + " cells for " + rows.get(0).length + " columns");
        }
        rows.add(cells.clone());
    }

    /** Prints titles and rows. */
    public void print(PrintWriter out) {
        int columns = rows.get(0).length;
        int[] widths = new int[columns];
        for (int column = 0; column < columns; column++) {
            int at = column;
            boolean empty = rows.stream().skip(1).allMatch(row -> row[at].isEmpty());
            widths[column] = empty
                    ? 0
                    : rows.stream().mapToInt(row -> row[at].length()).max().orElse(0);
        }
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < columns; column++) {
                if (widths[column] > 0) {
                    line.append(row[column]).append(" ".repeat(widths[column] - row[column].length() + 2));
                }
            }
            out.println(line.toString().stripTrailing());
        }
    }
}
